import type { Hit } from "../api/types";
import { Icon } from "../shell/Icon";
import { SpanPicture } from "../sound/SpanPicture";
import { clockSpan, fileName, folderName } from "../sound/format";
import { isPlaying, togglePlay } from "../sound/player";
import { toggleMark, verdictOf } from "../state/marks";
import { askStored } from "../state/query";
import { recordingPage } from "../state/router";
import { Similarity } from "./Similarity";

/** One hit: its picture, what is known of it, and what can be done with it. */
export function HitRow({ hit, isCurrent, onTouch }: { hit: Hit; isCurrent: boolean; onTouch: () => void }) {
  const plays = isPlaying(hit);
  const verdict = verdictOf(hit);
  const name = hit.title ?? fileName(hit.path);
  return (
    <li class={plays ? "hit playing" : "hit"} data-verdict={verdict ?? undefined} onFocusCapture={onTouch}>
      <button
        class="hit-sound"
        data-hit
        tabIndex={isCurrent ? 0 : -1}
        aria-label={`${plays ? "Stop" : "Play"} ${name}, ${hit.label}, ${clockSpan(hit)}`}
        onClick={() => {
          onTouch();
          togglePlay(hit);
        }}
      >
        <SpanPicture span={hit} />
        <span class="hit-play">
          <Icon name={plays ? "stop" : "play"} />
        </span>
      </button>
      <div class="hit-about">
        <a class="hit-name" href={recordingPage(hit.recording_id, hit.start_s)} title={hit.path}>
          {name}
        </a>
        <p class="hit-facts">
          <span class="label">{hit.label}</span>
          <span class="time">{clockSpan(hit)}</span>
          {hit.is_query && <span class="is-query">{verdict === "more" ? "an example" : "the query itself"}</span>}
          <span class="folder">{folderName(hit.path)}</span>
        </p>
      </div>
      <Similarity hit={hit} />
      <div class="hit-verdicts">
        <button
          class="ghost icon-only more"
          aria-pressed={verdict === "more"}
          aria-label={`More like ${name}`}
          title="More like this (m)"
          onClick={() => toggleMark(hit, "more")}
        >
          <Icon name="more" />
        </button>
        <button
          class="ghost icon-only less"
          aria-pressed={verdict === "less"}
          aria-label={`Less like ${name}`}
          title="Less like this (l)"
          onClick={() => toggleMark(hit, "less")}
        >
          <Icon name="less" />
        </button>
        <button
          class="ghost icon-only"
          aria-label={`Search with ${name}`}
          title="Search with this (s)"
          onClick={() => {
            askStored(hit);
            scrollTo(0, 0);
          }}
        >
          <Icon name="search" />
        </button>
      </div>
    </li>
  );
}
