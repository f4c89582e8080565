import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Icon } from "../shell/Icon";
import { shortcuts } from "../shell/keys";
import { counted } from "../sound/format";
import { togglePlay } from "../sound/player";
import { fit, toPicture, zoom, type Camera, type Place, type Size } from "./camera";
import { drawPoints } from "./draw";
import { nextTowards } from "./finding";
import { LabelNames } from "./LabelNames";
import type { Points } from "./points";
import { PointTip } from "./PointTip";
import { searchWith } from "./searchWith";
import { usePointers } from "./usePointers";

const STEP = 1.4;
/** A picture has more pixels than its place on a fine screen, but no more than this many times. */
const FINEST = 2;

const ARROWS: Record<string, Place> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: 1 },
  ArrowDown: { x: 0, y: -1 },
};

interface Props {
  points: Points;
  /** How every point is to look; see `drawPoints`. */
  states: Uint8Array;
  focus: number | null;
  onFocus: (point: number) => void;
  onSelect: (points: readonly number[]) => void;
}

/** The points, to be moved about, pointed at, clicked and lassoed. */
export function MapPicture({ points, states, focus, onFocus, onSelect }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSignal<Size>({ width: 0, height: 0 });
  const camera = useSignal<Camera | null>(null);
  const isLassoing = useSignal(false);
  const everything = (): Camera => fit(points.low, points.high, size.value);

  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      size.value = { width: element.clientWidth, height: element.clientHeight };
      camera.value ??= everything();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [points]);

  const shown = camera.value;
  const { width, height } = size.value;
  useEffect(() => {
    if (shown === null || width === 0) return;
    const request = requestAnimationFrame(() => {
      if (canvas.current !== null) paintInto(canvas.current, { width, height }, points, states, shown);
    });
    return () => cancelAnimationFrame(request);
  }, [points, states, shown, width, height]);

  const pointers = usePointers(frame, { points, size, camera, isLassoing, onFocus, onSelect });
  const middle = useMemo(() => ({ x: width / 2, y: height / 2 }), [width, height]);
  const nearer = (factor: number): void => {
    if (shown !== null) camera.value = zoom(shown, size.value, middle, factor);
  };

  const onKey = (event: KeyboardEvent): void => {
    const towards = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || shown === null) return;
    if (towards !== undefined) {
      const next = focus === null ? firstOf(points) : nextTowards(points, focus, towards);
      if (next !== null) {
        onFocus(next);
        camera.value = follow(shown, size.value, points, next);
      }
    } else if (event.key === "Enter" && focus !== null) togglePlay(points.spanOf(focus));
    else if (event.key === "s" && shortcuts.value === "on" && focus !== null) void searchWith(points, focus);
    else if (event.key === "+") nearer(STEP);
    else if (event.key === "-") nearer(1 / STEP);
    else if (event.key === "0") camera.value = everything();
    else return;
    event.preventDefault();
  };

  return (
    <div class="map-frame">
      <div
        ref={frame}
        class={isLassoing.value ? "map-picture lassoing" : "map-picture"}
        role="application"
        aria-roledescription="map of sounds"
        aria-label={`Map of ${counted(points.num, "sound")}. Arrow keys walk from sound to sound and play them.`}
        tabIndex={0}
        data-map
        onKeyDown={onKey}
      >
        <canvas ref={canvas} />
        {shown !== null && <LabelNames points={points} camera={shown} size={size.value} />}
        {shown !== null && focus !== null && <FocusRing at={placeOf(points, focus, shown, size.value)} />}
        {pointers.lasso.value.length > 1 && (
          <svg class="lasso" aria-hidden="true">
            <polygon points={pointers.lasso.value.map(({ x, y }) => `${x},${y}`).join(" ")} />
          </svg>
        )}
        {shown !== null && pointers.hover.value !== null && (
          <PointTip
            points={points}
            point={pointers.hover.value}
            at={placeOf(points, pointers.hover.value, shown, size.value)}
            size={size.value}
          />
        )}
      </div>
      <div class="map-tools" role="toolbar" aria-label="Map">
        <button
          class="icon-only"
          aria-pressed={isLassoing.value}
          aria-label="Lasso: draw around sounds to select them"
          title="Lasso (or hold Shift and drag)"
          onClick={() => (isLassoing.value = !isLassoing.value)}
        >
          <Icon name="lasso" />
        </button>
        <button class="icon-only" aria-label="Nearer" title="Nearer (+)" onClick={() => nearer(STEP)}>
          <Icon name="more" />
        </button>
        <button class="icon-only" aria-label="Farther" title="Farther (-)" onClick={() => nearer(1 / STEP)}>
          <Icon name="less" />
        </button>
        <button
          class="icon-only"
          aria-label="Show everything"
          title="Everything (0)"
          onClick={() => (camera.value = everything())}
        >
          <Icon name="fit" />
        </button>
      </div>
    </div>
  );
}

function FocusRing({ at }: { at: Place }) {
  return <i class="focus-ring" style={{ left: `${at.x}px`, top: `${at.y}px` }} />;
}

function paintInto(canvas: HTMLCanvasElement, size: Size, points: Points, states: Uint8Array, camera: Camera): void {
  const fineness = Math.min(FINEST, devicePixelRatio);
  const fine = { width: Math.round(size.width * fineness), height: Math.round(size.height * fineness) };
  if (canvas.width !== fine.width) canvas.width = fine.width;
  if (canvas.height !== fine.height) canvas.height = fine.height;
  const context = canvas.getContext("2d");
  if (context === null) return;
  const picture = pictureOf(canvas, fine);
  const pixels = new Uint32Array(picture.data.buffer);
  drawPoints(pixels, fine, points, states, { ...camera, scale: camera.scale * fineness }, fineness);
  context.putImageData(picture, 0, 0);
}

const pictures = new WeakMap<HTMLCanvasElement, ImageData>();

/** The memory that a canvas is painted from, used again for every frame of the same size. */
function pictureOf(canvas: HTMLCanvasElement, size: Size): ImageData {
  const known = pictures.get(canvas);
  if (known?.width === size.width && known.height === size.height) return known;
  const made = new ImageData(size.width, size.height);
  pictures.set(canvas, made);
  return made;
}

function placeOf(points: Points, point: number, camera: Camera, size: Size): Place {
  return toPicture(camera, size, { x: points.x[point] ?? 0, y: points.y[point] ?? 0 });
}

/** Where walking begins: in the middle of the map. */
function firstOf(points: Points): number | null {
  const middle = { x: (points.low.x + points.high.x) / 2, y: (points.low.y + points.high.y) / 2 };
  let best: number | null = null;
  let least = Infinity;
  for (let point = 0; point < points.num; point++) {
    const away = Math.hypot((points.x[point] ?? 0) - middle.x, (points.y[point] ?? 0) - middle.y);
    if (away < least) [best, least] = [point, away];
  }
  return best;
}

/** Move the camera along when the point is about to leave the picture. */
function follow(camera: Camera, size: Size, points: Points, point: number): Camera {
  const EDGE_PX = 40;
  const at = placeOf(points, point, camera, size);
  const isSeen = at.x > EDGE_PX && at.y > EDGE_PX && at.x < size.width - EDGE_PX && at.y < size.height - EDGE_PX;
  return isSeen ? camera : { ...camera, x: points.x[point] ?? 0, y: points.y[point] ?? 0 };
}
