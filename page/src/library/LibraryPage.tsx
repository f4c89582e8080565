import type { Status } from "../api/types";
import { bytes, count, length } from "../sound/format";
import { status, trouble } from "../state/status";
import { Indexing } from "./Indexing";
import { RecordingList } from "./RecordingList";
import { Troubles } from "./Troubles";

/** What is in the library, what is not and why, and how an index run gets on. */
export function LibraryPage() {
  const now = status.value;
  return (
    <div class="library-page">
      <h1>{now?.name ?? "Library"}</h1>
      {trouble.value !== null && (
        <p class="problem" role="alert">
          {trouble.value}
        </p>
      )}
      {now === null && trouble.value === null && <p class="pulse">Asking what is in the library…</p>}
      {now !== null && (
        <>
          {now.indexing !== null && <Indexing progress={now.indexing} />}
          <Figures now={now} />
          <Troubles now={now} />
        </>
      )}
      <RecordingList />
    </div>
  );
}

function Figures({ now }: { now: Status }) {
  const figures: [string, string, string?][] = [
    ["Recordings", count(now.recordings)],
    ["Sound", length(now.audio_s)],
    ["Windows", count(now.windows), `${now.encoder.window_s} s each, one every ${now.index.hop_s} s`],
    ["On disk", bytes(now.size_bytes)],
    ["Encoder", now.encoder.name, `${now.encoder.dim} numbers a window, ${now.encoder.distance} distance`],
  ];
  return (
    <dl class="figures">
      {figures.map(([name, value, more]) => (
        <div key={name} class="card">
          <dt>{name}</dt>
          <dd>
            {value}
            {more !== undefined && <small>{more}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
