import type { Signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { getNeighbours } from "../api/calls";
import { explain } from "../api/problem";
import type { Hit, Neighbours, Span } from "../api/types";
import { Icon } from "../shell/Icon";
import { SpanPicture } from "../sound/SpanPicture";
import { clockSpan, fileName } from "../sound/format";
import { isPlaying, togglePlay } from "../sound/player";
import { Latest } from "../state/latest";
import type { Part } from "../state/query";
import { recordingPage } from "../state/router";

const NEIGHBOURS = 3;
/** What resembles a longer stretch would be more than anybody reads. */
const LONGEST_S = 60;
const PAUSE_MS = 300;

/** For every window in view: which other recordings resemble it. */
export function Resemblances({ id, seen }: { id: string; seen: Signal<Part> }) {
  const [found, setFound] = useState<Neighbours | null>(null);
  const [complaint, setComplaint] = useState("");
  const latest = useMemo(() => new Latest(), []);
  const start_s = Math.floor(seen.value.start_s);
  const end_s = Math.min(Math.ceil(seen.value.end_s), start_s + LONGEST_S);

  useEffect(() => {
    if (end_s <= start_s) return;
    const timer = setTimeout(() => {
      latest
        .run((signal) => getNeighbours(id, { k: NEIGHBOURS, start_s, end_s }, signal))
        .then(
          (answer) => {
            if (answer === undefined) return;
            setFound(answer);
            setComplaint("");
          },
          (thrown: unknown) => setComplaint(explain(thrown)),
        );
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [id, start_s, end_s]);
  useEffect(() => () => latest.stop(), []);

  return (
    <section class="resemblances" aria-labelledby="resemblances-title">
      <header class="results-head">
        <h2 id="resemblances-title">What resembles each part</h2>
        <p class="hint">in other recordings, for the {clockSpan({ start_s, end_s })} in view</p>
      </header>
      {complaint !== "" && (
        <p class="problem" role="alert">
          {complaint}
        </p>
      )}
      {found === null && complaint === "" && <p class="pulse">Listening…</p>}
      {found?.windows.length === 0 && <p class="hint">This part is silent.</p>}
      <ol class="windows">
        {found?.windows.map((window) => (
          <li key={window.start_s} class="card">
            <PlaySpan span={{ recording_id: id, ...window }} name={clockSpan(window)} />
            <ul>
              {window.hits.map((hit) => (
                <li key={`${hit.recording_id} ${hit.start_s}`}>
                  <Neighbour hit={hit} />
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  );
}

function PlaySpan({ span, name }: { span: Span; name: string }) {
  const { recording_id, start_s, end_s } = span;
  const bare = { recording_id, start_s, end_s };
  const plays = isPlaying(bare);
  return (
    <button
      class="ghost small window-time"
      aria-label={`${plays ? "Stop" : "Play"} ${name}`}
      onClick={() => togglePlay(bare)}
    >
      <Icon name={plays ? "stop" : "play"} /> {name}
    </button>
  );
}

function Neighbour({ hit }: { hit: Hit }) {
  const plays = isPlaying(hit);
  const name = fileName(hit.path);
  return (
    <div class={plays ? "neighbour playing" : "neighbour"}>
      <button
        class="hit-sound"
        aria-label={`${plays ? "Stop" : "Play"} ${name}, ${hit.label}, ${clockSpan(hit)}`}
        onClick={() => togglePlay(hit)}
      >
        <SpanPicture span={hit} />
        <span class="hit-play">
          <Icon name={plays ? "stop" : "play"} />
        </span>
      </button>
      <div>
        <a class="hit-name" href={recordingPage(hit.recording_id, hit.start_s)} title={hit.path}>
          {name}
        </a>
        <p class="hit-facts">
          <span class="label">{hit.label}</span>
          {hit.similarity !== null && <span>{Math.round(hit.similarity * 100)}%</span>}
        </p>
      </div>
    </div>
  );
}
