import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { getRecording } from "../api/calls";
import { explain } from "../api/problem";
import type { RecordingDetails } from "../api/types";
import { PartFields } from "../query/PartFields";
import { Empty } from "../shell/Empty";
import { Icon } from "../shell/Icon";
import { clock, fileName, folderName } from "../sound/format";
import { askStored, type Part } from "../state/query";
import { go } from "../state/router";
import { Facts } from "./Facts";
import { Resemblances } from "./Resemblances";
import { Strip } from "./Strip";
import { openWholeSound } from "./wholeSound";

/** A recording's own page: all of its spectrogram, its windows, and what resembles each part of it. */
export function RecordingPage({ id, at_s }: { id: string; at_s: number | null }) {
  const [recording, setRecording] = useState<RecordingDetails | null>(null);
  const [complaint, setComplaint] = useState("");
  useEffect(() => {
    getRecording(id).then(setRecording, (thrown: unknown) => setComplaint(explain(thrown)));
  }, [id]);
  if (complaint !== "") {
    return (
      <Empty title="This recording cannot be shown" text={complaint}>
        <a class="button secondary" href="/library">
          To the library
        </a>
      </Empty>
    );
  }
  if (recording === null) return <p class="pulse">Opening the recording…</p>;
  return <OpenRecording recording={recording} at_s={at_s} />;
}

function OpenRecording({ recording, at_s }: { recording: RecordingDetails; at_s: number | null }) {
  const { recording_id, path, duration_s, label } = recording;
  const sound = useMemo(() => openWholeSound(recording_id), [recording_id]);
  useEffect(() => sound.close, [sound]);
  const part = useSignal<Part | null>(null);
  const seen = useSignal<Part>({ start_s: 0, end_s: 0 });
  const whole = { start_s: 0, end_s: duration_s };
  const search = (): void => {
    askStored({ recording_id, path, duration_s, ...(part.value ?? whole) });
    go("/");
  };
  return (
    <div class="recording-page">
      <header class="query-head">
        <button
          class="round primary"
          data-query-play
          aria-label={sound.isPlaying.value ? "Pause the recording" : "Play the recording"}
          onClick={() =>
            sound.isPlaying.value ? sound.pause() : sound.playFrom(startOf(part.value, sound.time_s.value, duration_s))
          }
        >
          <Icon name={sound.isPlaying.value ? "stop" : "play"} />
        </button>
        <div class="query-name">
          <h1 title={path}>{recording.title ?? fileName(path)}</h1>
          <p class="hit-facts">
            <span class="label">{label}</span>
            <span class="time">{clock(duration_s)}</span>
            <span class="folder">{folderName(path, 3)}</span>
          </p>
        </div>
        <button class="secondary" onClick={search}>
          <Icon name="search" /> {part.value === null ? "What sounds like it?" : "What sounds like this part?"}
        </button>
      </header>
      <section class="card strip-card" aria-label="Spectrogram">
        <Strip
          recording={recording}
          sound={sound}
          part={part}
          at_s={at_s}
          onSee={(stretch) => (seen.value = stretch)}
        />
        <PartFields part={part} duration_s={duration_s} />
      </section>
      <Resemblances id={recording_id} seen={seen} />
      <Facts recording={recording} />
    </div>
  );
}

/** Where play begins: at the part, or where it was paused, or anew after the end. */
function startOf(part: Part | null, paused_s: number, duration_s: number): number {
  if (part !== null) return part.start_s;
  return paused_s < duration_s - 0.05 ? paused_s : 0;
}
