import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Hit } from "../api/types";
import { Empty } from "../shell/Empty";
import { shortcuts } from "../shell/keys";
import { counted } from "../sound/format";
import { play, togglePlay } from "../sound/player";
import { spanKey, toggleMark } from "../state/marks";
import { askStored } from "../state/query";
import { go, recordingPage } from "../state/router";
import { askAgain, failure, hits, isSearching, result, took_ms } from "../state/searching";
import { where } from "../state/settings";
import { ExportButtons } from "./ExportButtons";
import { HitRow } from "./HitRow";

/** What sounds like the query, nearest first. */
export function ResultList() {
  const list = useRef<HTMLOListElement>(null);
  const current = useSignal(0);
  const found = hits.value;
  useEffect(() => {
    current.value = Math.min(current.value, Math.max(0, found.length - 1));
  }, [found]);

  const walk = (to: number): void => {
    const hit = found[to];
    if (hit === undefined) return;
    current.value = to;
    list.current?.querySelectorAll<HTMLElement>("[data-hit]")[to]?.focus();
    play(hit);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const hit = found[current.value];
    if (hit === undefined) return;
    if (actOn(hit, event, walk, current.value, found.length)) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  return (
    <section class="results" aria-labelledby="results-title" aria-busy={isSearching.value}>
      <header class="results-head">
        <h2 id="results-title">Sounds like it</h2>
        <p class="hint" role="status">
          {headline()}
        </p>
        {found.length > 0 && <ExportButtons spans={found} />}
      </header>
      {failure.value !== null && (
        <div class="problem" role="alert">
          <p>{failure.value}</p>
          <button class="secondary small" onClick={askAgain}>
            Try again
          </button>
        </div>
      )}
      {result.value === null && isSearching.value && <Skeleton />}
      {result.value !== null && found.length === 0 && failure.value === null && <NothingFound />}
      <ol ref={list} class={isSearching.value || failure.value !== null ? "hits stale" : "hits"} onKeyDown={onKey}>
        {found.map((hit, index) => (
          <HitRow
            key={spanKey(hit)}
            hit={hit}
            isCurrent={index === current.value}
            onTouch={() => (current.value = index)}
          />
        ))}
      </ol>
    </section>
  );
}

/** Do what a key means on a hit; returns whether it means anything. */
function actOn(hit: Hit, event: KeyboardEvent, walk: (to: number) => void, at: number, num_hits: number): boolean {
  const onPlay = event.target instanceof HTMLElement && event.target.matches("[data-hit]");
  switch (event.key) {
    case "ArrowDown":
      walk(at + 1);
      return true;
    case "ArrowUp":
      walk(at - 1);
      return true;
    case "Home":
      walk(0);
      return true;
    case "End":
      walk(num_hits - 1);
      return true;
    case " ":
      if (onPlay) togglePlay(hit);
      return onPlay;
  }
  if (shortcuts.value === "off") return false;
  switch (event.key) {
    case "m":
      toggleMark(hit, "more");
      return true;
    case "l":
      toggleMark(hit, "less");
      return true;
    case "s":
      askStored(hit);
      scrollTo(0, 0);
      return true;
    case "o":
      go(recordingPage(hit.recording_id, hit.start_s));
      return true;
  }
  return false;
}

function headline(): string {
  const answer = result.value;
  if (answer === null) return isSearching.value ? "Listening…" : "";
  const seconds = (took_ms.value / 1000).toFixed(took_ms.value < 95 ? 2 : 1);
  return `${counted(answer.hits.length, "hit")}, ${answer.distance}, ${seconds} s`;
}

function NothingFound() {
  return where.value === "" ? (
    <Empty title="Nothing found" text="The library holds nothing that could be compared with it." />
  ) : (
    <Empty title="Nothing passes the filters" text={where.value} />
  );
}

function Skeleton() {
  return (
    <ol class="hits" aria-hidden="true">
      {[1, 2, 3, 4, 5].map((row) => (
        <li key={row} class="hit skeleton" />
      ))}
    </ol>
  );
}
