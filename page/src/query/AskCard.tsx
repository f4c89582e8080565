import { useRef, useState } from "preact/hooks";
import { Icon } from "../shell/Icon";
import { askFile } from "../state/query";
import { Recorder } from "./Recorder";

/** The start: drop a sound, choose one, or record one. */
export function AskCard() {
  const [isRecording, setRecording] = useState(false);
  if (isRecording) return <Recorder onEnd={() => setRecording(false)} />;
  return (
    <section class="card ask" aria-label="New search">
      <div class="ask-picture" aria-hidden="true">
        {BARS.map((height, index) => (
          <i key={index} style={{ height: `${height}%` }} />
        ))}
      </div>
      <h1>What does it sound like?</h1>
      <p>Drop a sound anywhere on this page, and hear what in your library is like it.</p>
      <div class="ask-ways">
        <ChooseFile />
        <button class="secondary" data-key="r" onClick={() => setRecording(true)}>
          <Icon name="microphone" /> Record
        </button>
      </div>
      <p class="hint">
        Or click any sound in <a href="/library">the library</a> or on <a href="/map">the map</a>.
      </p>
    </section>
  );
}

/** The button that opens the browser's file dialogue. */
export function ChooseFile() {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button class="primary" data-key="u" onClick={() => input.current?.click()}>
        <Icon name="upload" /> Choose a file
      </button>
      <input
        ref={input}
        type="file"
        accept="audio/*,video/*,.flac,.aif,.aiff,.w64,.caf,.opus"
        hidden
        aria-label="A sound file"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file !== undefined) askFile(file, file.name);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

const BARS = [18, 34, 52, 30, 64, 88, 58, 76, 100, 72, 54, 82, 60, 38, 66, 46, 28, 42, 22, 14];
