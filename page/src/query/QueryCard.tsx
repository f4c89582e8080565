import { useEffect, useRef, useState } from "preact/hooks";
import { preview } from "../api/calls";
import { explain, isAborted } from "../api/problem";
import { Icon } from "../shell/Icon";
import { fileName } from "../sound/format";
import { clearQuery, part, query, type Part, type Query } from "../state/query";
import { paint } from "../state/theme";
import { PartFields } from "./PartFields";
import { soundOf } from "./querySound";
import { drawWaveform, type Waveform } from "./waveform";

// A drawn sound is decoded as a whole: an hour of it takes half a gigabyte of the browser's memory.
const MOST_DRAWN_BYTES = 50e6;

/** The sound that is searched for: its picture, and the part of it that counts. */
export function QueryCard({ asked }: { asked: Query }) {
  const picture = useRef<HTMLDivElement>(null);
  const waveform = useRef<Waveform | null>(null);
  const offset_s = useRef(0);
  const [state, setState] = useState<"loading" | "ready" | string>("loading");
  const [isPlaying, setPlaying] = useState(false);

  useEffect(() => {
    const ending = new AbortController();
    const container = picture.current;
    setState("loading");
    setPlaying(false);
    if (container === null) return;
    void draw(
      asked,
      container,
      ending.signal,
      (moved) => (part.value = shifted(moved, offset_s.current)),
      setPlaying,
    ).then(
      ([drawn, offset]) => {
        if (ending.signal.aborted) return drawn.destroy();
        waveform.current = drawn;
        offset_s.current = offset;
        drawn.showPart(shifted(part.peek(), -offset));
        setState("ready");
      },
      (thrown: unknown) => {
        if (!ending.signal.aborted && !isAborted(thrown)) setState(explain(thrown));
      },
    );
    return () => {
      ending.abort();
      waveform.current?.destroy();
      waveform.current = null;
    };
  }, [asked]);

  const wanted = part.value;
  useEffect(() => waveform.current?.showPart(shifted(wanted, -offset_s.current)), [wanted]);
  useEffect(() => waveform.current?.repaint(), [paint.value]);

  const name = asked.kind === "file" ? asked.name : fileName(asked.path);
  return (
    <section class="card query" aria-label="Query">
      <header class="query-head">
        <button
          class="round primary"
          data-query-play
          aria-label={isPlaying ? "Stop the query" : "Play the query"}
          disabled={state !== "ready"}
          onClick={() => waveform.current?.togglePlay()}
        >
          <Icon name={isPlaying ? "stop" : "play"} />
        </button>
        <div class="query-name">
          <small>What sounds like</small>
          <h2 title={name}>{name}</h2>
        </div>
        <button class="ghost" onClick={clearQuery}>
          <Icon name="close" /> New search
        </button>
      </header>
      <div class="query-picture" aria-busy={state === "loading"}>
        <div ref={picture} class="waveform" role="img" aria-label={`Waveform and spectrogram of ${name}`} />
        {state === "loading" && <p class="query-note pulse">Drawing the sound…</p>}
        {state !== "loading" && state !== "ready" && (
          <p class="query-note" role="note">
            No picture of this sound: {state}
          </p>
        )}
      </div>
      <PartFields part={part} duration_s={durationOf(asked, waveform.current)} />
    </section>
  );
}

async function draw(
  asked: Query,
  container: HTMLElement,
  signal: AbortSignal,
  onPart: (part: Part | null) => void,
  onPlaying: (isPlaying: boolean) => void,
): Promise<[Waveform, number]> {
  const { blob, offset_s } = await soundOf(asked, part.peek(), signal);
  signal.throwIfAborted();
  if (blob.size > MOST_DRAWN_BYTES) throw new Error("it is too long. Say below from where to where it counts.");
  const events = { onPart, onPlaying };
  try {
    return [await drawWaveform(container, blob, events), offset_s];
  } catch {
    signal.throwIfAborted();
    // A format that this browser does not know: the server does.
    const wav = await preview(blob, asked.kind === "file" ? asked.name : fileName(asked.path));
    signal.throwIfAborted();
    return [await drawWaveform(container, wav, events), offset_s];
  }
}

function durationOf(asked: Query, drawn: Waveform | null): number | null {
  if (asked.kind === "recording") return asked.duration_s;
  return drawn?.duration_s ?? null;
}

function shifted(moved: Part | null, by_s: number): Part | null {
  return moved && { start_s: moved.start_s + by_s, end_s: moved.end_s + by_s };
}

/** The query's card, if there is a query. */
export function CurrentQuery() {
  return query.value && <QueryCard asked={query.value} />;
}
