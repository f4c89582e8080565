import type { Part } from "../state/query";

/** A tile's width in pixels; the last one of a recording is narrower. */
export const TILE_PX = 800;
/** Ticks are at least so far apart. */
const TICK_PX = 90;
const TICKS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
/** The farthest and the nearest that one can look from, in pixels a second. */
const FARTHEST = 0.5;
const NEAREST = 400;

/** What of a recording is in view. */
export interface View {
  /** The recording's length in seconds. */
  duration_s: number;
  pxPerSecond: number;
  /** How far the picture is scrolled, and how wide its frame is, in pixels. */
  scroll_px: number;
  width_px: number;
}

/** The stretch that is in view. */
export function inView(view: View): Part {
  const start_s = view.scroll_px / view.pxPerSecond;
  return { start_s, end_s: Math.min(view.duration_s, start_s + view.width_px / view.pxPerSecond) };
}

/** The tiles that are in view, and one more on each side. */
export function tilesOf(view: View): Part[] {
  const tile_s = TILE_PX / view.pxPerSecond;
  const { start_s, end_s } = inView(view);
  const first = Math.max(0, Math.floor(start_s / tile_s) - 1);
  const last = Math.min(Math.ceil(view.duration_s / tile_s) - 1, Math.floor(end_s / tile_s) + 1);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => ({
    start_s: (first + index) * tile_s,
    end_s: Math.min(view.duration_s, (first + index + 1) * tile_s),
  }));
}

/** The round times in view that the ruler names. */
export function ticksOf(view: View): number[] {
  const step_s = TICKS_S.find((step) => step * view.pxPerSecond >= TICK_PX) ?? 7200;
  const { start_s, end_s } = inView(view);
  const first = Math.max(0, Math.floor(start_s / step_s));
  const num = Math.floor(end_s / step_s) - first + 1;
  return Array.from({ length: Math.max(0, num) }, (_, index) => Number(((first + index) * step_s).toFixed(3)));
}

/** How near one looks at first: a short recording fills the frame, a long one can be scrolled through. */
export function firstZoom(duration_s: number, width_px: number): number {
  const COMFORTABLE = 50;
  const filling = width_px / Math.max(duration_s, 0.1);
  return limited(Math.max(filling, COMFORTABLE));
}

/** Nearer or farther by a factor, within what makes sense for this recording. */
export function zoomed(view: View, factor: number): number {
  const filling = view.width_px / Math.max(view.duration_s, 0.1);
  return Math.max(Math.min(limited(filling), NEAREST), limited(view.pxPerSecond * factor));
}

function limited(pxPerSecond: number): number {
  return Math.min(NEAREST, Math.max(FARTHEST, pxPerSecond));
}
