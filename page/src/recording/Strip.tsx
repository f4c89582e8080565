import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { spectrogramAddress } from "../api/calls";
import type { RecordingDetails } from "../api/types";
import { Icon } from "../shell/Icon";
import { clock, fileName } from "../sound/format";
import type { Part } from "../state/query";
import { firstZoom, inView, tilesOf, ticksOf, zoomed, type View } from "./ruler";
import { useStripPointers } from "./useStripPointers";
import type { WholeSound } from "./wholeSound";

const HEIGHT_PX = 220;
const STEP = 2;

interface Props {
  recording: RecordingDetails;
  sound: WholeSound;
  part: Signal<Part | null>;
  /** A time to show first. */
  at_s: number | null;
  /** Tells which stretch is in view. */
  onSee: (stretch: Part) => void;
}

/** A recording's spectrogram from its beginning to its end, in tiles that are fetched as they come into view. */
export function Strip({ recording, sound, part, at_s, onSee }: Props) {
  const { recording_id, duration_s } = recording;
  const frame = useRef<HTMLDivElement>(null);
  const view = useSignal<View>({ duration_s, pxPerSecond: 50, scroll_px: 0, width_px: 0 });
  const { pxPerSecond, width_px } = view.value;

  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      const isFirst = view.value.width_px === 0;
      const width = element.clientWidth;
      const zoom = isFirst ? firstZoom(duration_s, width) : zoomed({ ...view.value, width_px: width }, 1);
      view.value = { ...view.value, width_px: width, pxPerSecond: zoom };
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // The frame can be scrolled only once its content has got its width.
  useLayoutEffect(() => {
    if (frame.current !== null && width_px > 0 && at_s !== null) frame.current.scrollLeft = (at_s - 1) * pxPerSecond;
  }, [width_px > 0]);
  useEffect(() => onSee(inView(view.value)), [view.value]);
  useStripPointers(frame, view, part, (time_s) => sound.playFrom(time_s));
  const isPlaying = sound.isPlaying.value;
  useEffect(() => {
    if (isPlaying) return keepInView(frame.current, sound.time_s, view);
    return undefined;
  }, [isPlaying]);

  const look = (factor: number): void => {
    const element = frame.current;
    if (element === null) return;
    const middle_s = (element.scrollLeft + width_px / 2) / pxPerSecond;
    const next = zoomed(view.value, factor);
    view.value = { ...view.value, pxPerSecond: next };
    requestAnimationFrame(() => (element.scrollLeft = middle_s * next - width_px / 2));
  };
  const at = (time_s: number): string => `${time_s * pxPerSecond}px`;

  return (
    <div class="strip-frame">
      <div
        ref={frame}
        class="strip"
        tabIndex={0}
        role="region"
        aria-label={`Spectrogram of ${fileName(recording.path)}. Click to play from there, drag to take a part.`}
        onScroll={(event) => (view.value = { ...view.value, scroll_px: event.currentTarget.scrollLeft })}
      >
        <div class="strip-content" style={{ width: at(duration_s) }}>
          {width_px > 0 &&
            tilesOf(view.value).map((tile) => {
              const width = Math.max(1, Math.round((tile.end_s - tile.start_s) * pxPerSecond));
              return (
                <img
                  key={`${pxPerSecond} ${tile.start_s}`}
                  src={spectrogramAddress({ recording_id, ...tile }, width, HEIGHT_PX)}
                  alt=""
                  style={{ left: at(tile.start_s), width: `${width}px` }}
                />
              );
            })}
          {part.value !== null && (
            <i
              class="strip-part"
              style={{ left: at(part.value.start_s), width: at(part.value.end_s - part.value.start_s) }}
            />
          )}
          <Playhead sound={sound} pxPerSecond={pxPerSecond} />
          <div class="ruler" aria-hidden="true">
            {ticksOf(view.value).map((time_s) => (
              <span key={time_s} style={{ left: at(time_s) }}>
                {clock(time_s)}
              </span>
            ))}
          </div>
        </div>
      </div>
      <div class="map-tools" role="toolbar" aria-label="Spectrogram">
        <button class="icon-only" aria-label="Nearer" onClick={() => look(STEP)}>
          <Icon name="more" />
        </button>
        <button class="icon-only" aria-label="Farther" onClick={() => look(1 / STEP)}>
          <Icon name="less" />
        </button>
      </div>
    </div>
  );
}

function Playhead({ sound, pxPerSecond }: { sound: WholeSound; pxPerSecond: number }) {
  return <i class="playhead" style={{ left: `${sound.time_s.value * pxPerSecond}px` }} />;
}

/** Turn the page when the sound leaves the frame. Returns what ends it. */
function keepInView(frame: HTMLElement | null, time_s: Signal<number>, view: Signal<View>): () => void {
  return time_s.subscribe((now_s) => {
    const { pxPerSecond, scroll_px, width_px } = view.peek();
    const at_px = now_s * pxPerSecond;
    if (frame !== null && (at_px < scroll_px || at_px > scroll_px + width_px)) frame.scrollLeft = at_px - 40;
  });
}
