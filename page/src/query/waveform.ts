import WaveSurfer from "wavesurfer.js";
import RegionsPlugin, { type Region } from "wavesurfer.js/dist/plugins/regions.js";
import SpectrogramPlugin from "wavesurfer.js/dist/plugins/spectrogram.js";
import { magma } from "../sound/magma";
import { claimSpeaker } from "../sound/speaker";
import type { Part } from "../state/query";
import { colourOf } from "../state/theme";
import { cspNonce } from "./cspNonce";

const WAVE_PX = 84;
const SPECTROGRAM_PX = 110;
// The pictures of the hits reach as high: 8 kHz is what encoders at 16 kHz hear.
const DECODED_HZ = 16_000;
const SHOWN_HZ = DECODED_HZ / 2;
const SHOWN_DB = 70;
/** A shorter drag is a click. */
const SHORTEST_PART_S = 0.1;

/** The drawn sound of the query. */
export interface Waveform {
  readonly duration_s: number;
  /** Mark this part, or none. */
  showPart(part: Part | null): void;
  /** Play the marked part, or everything; or stop. */
  togglePlay(): void;
  repaint(): void;
  destroy(): void;
}

/** What the waveform tells. Times are in seconds from the beginning of the blob. */
export interface WaveformEvents {
  onPart(part: Part | null): void;
  onPlaying(isPlaying: boolean): void;
}

/**
 * Draw a sound as waveform and spectrogram, with a part that the mouse can draw, move and resize.
 *
 * Throws if the browser cannot decode the sound.
 */
export async function drawWaveform(container: HTMLElement, sound: Blob, events: WaveformEvents): Promise<Waveform> {
  const regions = RegionsPlugin.create();
  const wave = WaveSurfer.create({
    container,
    height: WAVE_PX,
    sampleRate: DECODED_HZ,
    normalize: true,
    cursorWidth: 2,
    dragToSeek: false,
    cspNonce: cspNonce(),
    plugins: [
      regions,
      SpectrogramPlugin.create({
        height: SPECTROGRAM_PX,
        scale: "mel",
        fftSamples: 512,
        frequencyMax: SHOWN_HZ,
        autoGain: true,
        rangeDB: SHOWN_DB,
        colorMap: magma(),
      }),
    ],
    ...waveColours(),
  });

  let region: Region | null = null;
  const take = (next: Region): void => {
    for (const other of regions.getRegions()) if (other !== next) other.remove();
    region = next;
  };
  const report = (): void => {
    if (region !== null) events.onPart({ start_s: round(region.start), end_s: round(region.end) });
  };
  const dropRegion = (): void => {
    regions.clearRegions();
    region = null;
  };
  regions.enableDragSelection({ color: regionColour(), minLength: SHORTEST_PART_S });
  regions.on("region-created", (created) => {
    if (created === region) return;
    take(created);
    report();
  });
  regions.on("region-update", report);
  regions.on("region-updated", report);
  regions.on("region-clicked", (clicked, event) => {
    event.stopPropagation();
    void clicked.play(true);
  });
  wave.on("dblclick", () => {
    dropRegion();
    events.onPart(null);
  });
  wave.on("play", () => {
    claimSpeaker(pause);
    events.onPlaying(true);
  });
  wave.on("pause", () => events.onPlaying(false));
  wave.on("finish", () => events.onPlaying(false));
  const pause = (): void => wave.pause();

  try {
    await wave.loadBlob(sound);
  } catch (thrown) {
    wave.destroy();
    throw thrown;
  }

  return {
    duration_s: wave.getDuration(),
    showPart(part) {
      if (part === null) return dropRegion();
      const shown = region !== null && round(region.start) === part.start_s && round(region.end) === part.end_s;
      if (shown) return;
      if (region !== null) region.setOptions({ start: part.start_s, end: part.end_s });
      else {
        const { start_s: start, end_s: end } = part;
        const added = regions.addRegion({ start, end, color: regionColour(), minLength: SHORTEST_PART_S });
        region = added;
      }
    },
    togglePlay() {
      if (wave.isPlaying()) wave.pause();
      else if (region !== null) region.play(true);
      else void wave.play();
    },
    repaint() {
      wave.setOptions(waveColours());
      region?.setOptions({ color: regionColour() });
    },
    destroy: () => wave.destroy(),
  };
}

const round = (time_s: number): number => Math.round(time_s * 1000) / 1000;

const waveColours = (): { waveColor: string; progressColor: string; cursorColor: string } => ({
  waveColor: colourOf("--wave"),
  progressColor: colourOf("--accent"),
  cursorColor: colourOf("--text"),
});

const regionColour = (): string => colourOf("--region");
