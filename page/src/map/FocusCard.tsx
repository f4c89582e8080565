import { Icon } from "../shell/Icon";
import { SpanPicture } from "../sound/SpanPicture";
import { clockSpan, fileName } from "../sound/format";
import { isPlaying, togglePlay } from "../sound/player";
import { toggleMark, verdictOf, type Verdict } from "../state/marks";
import { recordingPage } from "../state/router";
import type { Points } from "./points";
import { searchWith } from "./searchWith";

/** The sound that was clicked last, and what can be done with it. */
export function FocusCard({ points, point }: { points: Points; point: number }) {
  const span = points.spanOf(point);
  const path = points.pathOf(point);
  const label = points.labels[points.label[point] ?? 0]?.name ?? "";
  const plays = isPlaying(span);
  const mark = (verdict: Verdict): void => toggleMark({ ...span, path, label }, verdict);
  return (
    <section class="card panel focus-card" aria-label="Sound" data-focus>
      <button
        class="hit-sound"
        aria-label={`${plays ? "Stop" : "Play"} ${fileName(path)}, ${label}, ${clockSpan(span)}`}
        onClick={() => togglePlay(span)}
      >
        <SpanPicture span={span} />
        <span class="hit-play">
          <Icon name={plays ? "stop" : "play"} />
        </span>
      </button>
      <div>
        <a class="hit-name" href={recordingPage(span.recording_id, span.start_s)} title={path}>
          {fileName(path)}
        </a>
        <p class="hit-facts">
          <span class="label">{label}</span>
          <span class="time">{clockSpan(span)}</span>
        </p>
      </div>
      <div class="focus-actions">
        <button class="secondary small" onClick={() => void searchWith(points, point)}>
          <Icon name="search" /> Search with it
        </button>
        <button
          class="ghost icon-only more"
          aria-label="More like this"
          title="More like this"
          aria-pressed={verdictOf(span) === "more"}
          onClick={() => mark("more")}
        >
          <Icon name="more" />
        </button>
        <button
          class="ghost icon-only less"
          aria-label="Less like this"
          title="Less like this"
          aria-pressed={verdictOf(span) === "less"}
          onClick={() => mark("less")}
        >
          <Icon name="less" />
        </button>
      </div>
    </section>
  );
}
