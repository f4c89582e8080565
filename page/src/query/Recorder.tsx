import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../shell/Icon";
import { clock } from "../sound/format";
import { tell } from "../state/notices";
import { askFile } from "../state/query";
import { startRecording, type Recording } from "./microphone";

/** What the microphone hears, until it is told to stop; then that is the query. */
export function Recorder({ onEnd }: { onEnd: () => void }) {
  const picture = useRef<HTMLDivElement>(null);
  const recording = useRef<Recording | null>(null);
  const [heard_s, setHeard] = useState(0);

  useEffect(() => {
    let isOver = false;
    const container = picture.current;
    if (container === null) return;
    startRecording(container, {
      onProgress: setHeard,
      onDone: (sound) => {
        if (isOver) return;
        askFile(sound, recordingName(sound.type));
        onEnd();
      },
    }).then(
      (begun) => {
        if (isOver) begun.discard();
        else recording.current = begun;
      },
      () => {
        if (isOver) return;
        tell("There is no microphone, or the browser may not use it. Its address bar has the permission.", "bad");
        onEnd();
      },
    );
    return () => {
      isOver = true;
      recording.current?.discard();
    };
  }, []);

  return (
    <section class="card ask recording" aria-label="Recording">
      <p class="recording-time" role="timer">
        <i class="dot" aria-hidden="true" /> {clock(heard_s)}
      </p>
      <div ref={picture} class="waveform" aria-hidden="true" />
      <div class="ask-ways">
        <button class="primary" data-key="r" onClick={() => recording.current?.stop()}>
          <Icon name="stop" /> Stop and search
        </button>
        <button class="ghost" onClick={onEnd}>
          Cancel
        </button>
      </div>
    </section>
  );
}

function recordingName(type: string): string {
  const suffix = type.includes("mp4") ? "m4a" : type.includes("ogg") ? "ogg" : "webm";
  return `recording.${suffix}`;
}
