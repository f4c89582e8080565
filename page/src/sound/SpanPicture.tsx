import { spectrogramAddress } from "../api/calls";
import type { Span } from "../api/types";
import { heard, isPlaying } from "./player";

// Pictures are asked for in twice the size they are shown in, for fine screens.
const WIDTH_PX = 320;
const HEIGHT_PX = 96;

/** A small spectrogram of a stretch, loaded when it comes into view, with a line where its sound is. */
export function SpanPicture({ span }: { span: Span }) {
  return (
    <span class="span-picture">
      <img
        src={spectrogramAddress(span, WIDTH_PX, HEIGHT_PX)}
        width={WIDTH_PX}
        height={HEIGHT_PX}
        alt=""
        loading="lazy"
        decoding="async"
      />
      {isPlaying(span) && <Playhead />}
    </span>
  );
}

function Playhead() {
  return <i class="playhead" style={{ left: `${heard.value * 100}%` }} />;
}
