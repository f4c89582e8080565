import { Icon } from "../shell/Icon";
import { clockSpan, fileName } from "../sound/format";
import { isPlaying, togglePlay } from "../sound/player";
import { marks, removeMark, spanKey, unwanted, wanted, type Mark } from "../state/marks";
import { SaveMarks } from "./SaveMarks";
import { SavedSets } from "./SavedSets";

/** What was marked as more or less like it, and the sets that such marks were saved as. */
export function MarksPanel() {
  const isEmpty = marks.value.length === 0;
  return (
    <section class="card panel" aria-labelledby="marks-title">
      <h2 id="marks-title">Examples</h2>
      {isEmpty ? (
        <p class="hint">
          Say <b>more like this</b> or <b>less like this</b> of any hit, and the ranking follows at once.
        </p>
      ) : (
        <>
          <MarkList title="More like" marks={wanted.value} />
          <MarkList title="Less like" marks={unwanted.value} />
          <button class="ghost small" onClick={() => (marks.value = [])}>
            <Icon name="close" /> Take all back
          </button>
          <SaveMarks />
        </>
      )}
      <SavedSets />
    </section>
  );
}

function MarkList({ title, marks: listed }: { title: string; marks: readonly Mark[] }) {
  if (listed.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="chips" aria-label={title}>
        {listed.map((mark) => (
          <li key={spanKey(mark)} class={`chip ${mark.verdict}`}>
            <button
              class="icon-only"
              aria-label={`${isPlaying(mark) ? "Stop" : "Play"} ${fileName(mark.path)}`}
              onClick={() => togglePlay(mark)}
            >
              <Icon name={isPlaying(mark) ? "stop" : "play"} />
            </button>
            <span class="chip-name" title={mark.path}>
              {fileName(mark.path)} <small>{clockSpan(mark)}</small>
            </span>
            <button class="icon-only" aria-label={`Take ${fileName(mark.path)} back`} onClick={() => removeMark(mark)}>
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
