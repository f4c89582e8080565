import { useEffect, useMemo, useState } from "preact/hooks";
import { getRecordings } from "../api/calls";
import { explain } from "../api/problem";
import type { Recording } from "../api/types";
import { Empty } from "../shell/Empty";
import { Icon } from "../shell/Icon";
import { SpanPicture } from "../sound/SpanPicture";
import { clock, counted, fileName, folderName } from "../sound/format";
import { isPlaying, togglePlay } from "../sound/player";
import { Latest } from "../state/latest";
import { askStored } from "../state/query";
import { go, recordingPage } from "../state/router";
import { status } from "../state/status";

const AT_ONCE = 50;
const PAUSE_MS = 200;
/** So much of a recording is drawn and played in the list. */
const TASTE_S = 6;

/** All recordings, or those whose name contains a text, a screenful at a time. */
export function RecordingList() {
  const [text, setText] = useState("");
  const [listed, setListed] = useState<{ total: number; recordings: Recording[] } | null>(null);
  const [complaint, setComplaint] = useState("");
  const latest = useMemo(() => new Latest(), []);

  const ask = async (before: Recording[]): Promise<void> => {
    try {
      const asked = { text, limit: AT_ONCE, offset: before.length };
      const page = await latest.run((signal) => getRecordings(asked, signal));
      if (page === undefined) return;
      setListed({ total: page.total, recordings: [...before, ...page.recordings] });
      setComplaint("");
    } catch (thrown) {
      setComplaint(explain(thrown));
    }
  };
  const num_stored = status.value?.recordings;
  useEffect(() => {
    const timer = setTimeout(() => void ask([]), listed === null ? 0 : PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, num_stored]);
  useEffect(() => () => latest.stop(), []);

  return (
    <section class="recordings" aria-labelledby="recordings-title">
      <header class="results-head">
        <h2 id="recordings-title">Recordings</h2>
        <input
          type="search"
          aria-label="Find recordings by name"
          placeholder="Find by name or label"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <p class="hint" role="status">
          {listed !== null && counted(listed.total, "recording")}
        </p>
      </header>
      {complaint !== "" && (
        <p class="problem" role="alert">
          {complaint}
        </p>
      )}
      {listed?.total === 0 &&
        (text === "" ? (
          <Empty title="The library is empty" text="soundalike index adds recordings to it." />
        ) : (
          <Empty title="No recording is called that" />
        ))}
      <ul class="hits">
        {listed?.recordings.map((recording) => (
          <RecordingRow key={recording.recording_id} recording={recording} />
        ))}
      </ul>
      {listed !== null && listed.recordings.length < listed.total && (
        <button class="secondary" onClick={() => void ask(listed.recordings)}>
          Show more
        </button>
      )}
    </section>
  );
}

function RecordingRow({ recording }: { recording: Recording }) {
  const { recording_id, path, label, duration_s } = recording;
  const taste = { recording_id, start_s: 0, end_s: Math.min(duration_s, TASTE_S) };
  const name = fileName(path);
  const plays = isPlaying(taste);
  return (
    <li class={plays ? "hit playing" : "hit"}>
      <button class="hit-sound" aria-label={`${plays ? "Stop" : "Play"} ${name}`} onClick={() => togglePlay(taste)}>
        <SpanPicture span={taste} />
        <span class="hit-play">
          <Icon name={plays ? "stop" : "play"} />
        </span>
      </button>
      <div class="hit-about">
        <a class="hit-name" href={recordingPage(recording_id)} title={path}>
          {name}
        </a>
        <p class="hit-facts">
          <span class="label">{label}</span>
          <span class="time">{clock(duration_s)}</span>
          <span class="folder">{folderName(path)}</span>
        </p>
      </div>
      <div class="hit-verdicts">
        <button
          class="ghost"
          aria-label={`What sounds like it? ${name}`}
          onClick={() => {
            askStored({ ...taste, end_s: duration_s, path, duration_s });
            go("/");
          }}
        >
          <Icon name="search" /> <span class="wide-only">What sounds like it?</span>
        </button>
      </div>
    </li>
  );
}
