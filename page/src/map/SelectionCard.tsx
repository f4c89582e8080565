import { ExportButtons } from "../results/ExportButtons";
import { Icon } from "../shell/Icon";
import { clockSpan, count, counted, fileName } from "../sound/format";
import { isPlaying, togglePlay } from "../sound/player";
import { wantAll } from "../state/marks";
import { tell } from "../state/notices";
import type { Points } from "./points";

/** So many of the selected sounds are listed. */
const LISTED = 40;
/** So many become examples at once; a mean over more of them says little. */
const MOST_EXAMPLES = 20;
const SHOWN_LABELS = 6;

/** The sounds inside the lasso: what they are, to be heard, exported, or searched with. */
export function SelectionCard(props: { points: Points; chosen: readonly number[]; onClear: () => void }) {
  const { points, chosen, onClear } = props;
  const spans = chosen.map(points.spanOf);
  const search = (): void => {
    const few = evenly(chosen, MOST_EXAMPLES);
    wantAll(
      few.map((point) => ({
        ...points.spanOf(point),
        path: points.pathOf(point),
        label: points.labels[points.label[point] ?? 0]?.name ?? "",
      })),
    );
    tell(`${counted(few.length, "example")} of what is wanted: the search has them.`);
  };
  return (
    <section class="card panel" aria-label="Selection" data-selection>
      <header class="results-head">
        <h2>{counted(chosen.length, "sound")} selected</h2>
        <button class="ghost icon-only clear" aria-label="Clear the selection" onClick={onClear}>
          <Icon name="close" />
        </button>
      </header>
      <p class="hint">{labelLine(points, chosen)}</p>
      <div class="focus-actions">
        <ExportButtons spans={spans} />
        <button class="secondary small" onClick={search}>
          <Icon name="more" /> More like these
        </button>
      </div>
      <ul class="selection-list">
        {chosen.slice(0, LISTED).map((point) => {
          const span = points.spanOf(point);
          const plays = isPlaying(span);
          return (
            <li key={point} class={plays ? "playing" : ""}>
              <button class="ghost small" onClick={() => togglePlay(span)}>
                <Icon name={plays ? "stop" : "play"} /> {fileName(points.pathOf(point))}
              </button>
              <small>{clockSpan(span)}</small>
            </li>
          );
        })}
      </ul>
      {chosen.length > LISTED && <p class="hint">And {count(chosen.length - LISTED)} more; the export has them all.</p>}
    </section>
  );
}

function labelLine(points: Points, chosen: readonly number[]): string {
  const nums = new Map<string, number>();
  for (const point of chosen) {
    const name = points.labels[points.label[point] ?? 0]?.name ?? "";
    nums.set(name, (nums.get(name) ?? 0) + 1);
  }
  const sorted = [...nums].sort(([, a], [, b]) => b - a);
  const named = sorted.slice(0, SHOWN_LABELS).map(([name, num]) => `${name || "no label"} ${count(num)}`);
  return named.join(", ") + (sorted.length > SHOWN_LABELS ? ", …" : "");
}

/** At most `most` of some items, evenly spaced among them. */
function evenly<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most);
  return items.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}
