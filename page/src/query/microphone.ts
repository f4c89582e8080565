import WaveSurfer from "wavesurfer.js";
import RecordPlugin from "wavesurfer.js/dist/plugins/record.js";
import { colourOf } from "../state/theme";
import { cspNonce } from "./cspNonce";

/** A recording that is going on. */
export interface Recording {
  /** End it; the sound comes through `onDone`. */
  stop(): void;
  /** End it and forget it. */
  discard(): void;
}

export interface RecordingEvents {
  onProgress(heard_s: number): void;
  onDone(sound: Blob): void;
}

/** What browsers do to speech in calls would change what is searched for. */
const AS_IT_IS: MediaTrackConstraints = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

/**
 * Record from the microphone, drawing what it hears.
 *
 * Throws if there is none or the person does not allow it.
 */
export async function startRecording(container: HTMLElement, events: RecordingEvents): Promise<Recording> {
  const microphone = RecordPlugin.create({ renderRecordedAudio: false, scrollingWaveform: true });
  const wave = WaveSurfer.create({
    container,
    height: 96,
    waveColor: colourOf("--accent"),
    cursorWidth: 0,
    barWidth: 3,
    barGap: 2,
    barRadius: 2,
    interact: false,
    cspNonce: cspNonce(),
    plugins: [microphone],
  });
  microphone.on("record-progress", (duration_ms) => events.onProgress(duration_ms / 1000));
  microphone.on("record-end", (sound) => {
    events.onDone(sound);
    wave.destroy();
  });
  try {
    await microphone.startRecording(AS_IT_IS);
  } catch (thrown) {
    wave.destroy();
    throw thrown;
  }
  let isOver = false;
  return {
    stop() {
      isOver = true;
      microphone.stopRecording();
    },
    discard() {
      if (!isOver) wave.destroy();
      isOver = true;
    },
  };
}
