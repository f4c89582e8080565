import KDBush from "kdbush";
import type { LibraryMap, Span } from "../api/types";
import type { Place } from "./camera";
import { NUM_LOOKS } from "./palette";

const NUM_ROWS = 400;

/** The map's points, ready to be drawn and found. */
export interface Points {
  num: number;
  x: Float32Array;
  y: Float32Array;
  /** For every point the place of its label in `labels`. */
  label: Uint16Array;
  /** The labels, the most frequent first, with their numbers of points. */
  labels: { name: string; num: number }[];
  low: Place;
  high: Place;
  tree: KDBush;
  /** The stretch of sound that a point stands for. */
  spanOf(point: number): Span;
  pathOf(point: number): string;
  /** The points of a recording. */
  ofRecording(id: string): readonly number[];
}

/** Make points of the server's map; a window is `window_s` long. */
export function readPoints(map: LibraryMap, window_s: number): Points {
  const { x, y, recording, start_s, label } = inRows(map.points);
  const num = x.length;
  const { labels, rankOf } = rankLabels(label, map.labels);
  const tree = new KDBush(Math.max(1, num), 64, Float32Array);
  const low = { x: Infinity, y: Infinity };
  const high = { x: -Infinity, y: -Infinity };
  const byRecording = new Map<string, number[]>();
  for (let point = 0; point < num; point++) {
    const place = { x: x[point] ?? 0, y: y[point] ?? 0 };
    tree.add(place.x, place.y);
    low.x = Math.min(low.x, place.x);
    low.y = Math.min(low.y, place.y);
    high.x = Math.max(high.x, place.x);
    high.y = Math.max(high.y, place.y);
    const id = map.recordings[recording[point] ?? 0]?.recording_id ?? "";
    const known = byRecording.get(id);
    if (known === undefined) byRecording.set(id, [point]);
    else known.push(point);
  }
  if (num === 0) tree.add(0, 0);
  tree.finish();
  const recordingOf = (point: number) => map.recordings[recording[point] ?? 0];
  return {
    num,
    x: Float32Array.from(x),
    y: Float32Array.from(y),
    label: Uint16Array.from(label, (one) => rankOf[one] ?? NUM_LOOKS),
    labels,
    low: num === 0 ? { x: -1, y: -1 } : low,
    high: num === 0 ? { x: 1, y: 1 } : high,
    tree,
    spanOf: (point) => ({
      recording_id: recordingOf(point)?.recording_id ?? "",
      start_s: start_s[point] ?? 0,
      end_s: (start_s[point] ?? 0) + window_s,
    }),
    pathOf: (point) => recordingOf(point)?.path ?? "",
    ofRecording: (id) => byRecording.get(id) ?? [],
  };
}

/** The points that stand for parts of a stretch; at least the nearest one of its recording, if it has any. */
export function pointsOf(points: Points, span: Span): number[] {
  const SLACK_S = 0.01;
  const all = points.ofRecording(span.recording_id);
  const inside = all.filter((point) => {
    const { start_s, end_s } = points.spanOf(point);
    return start_s >= span.start_s - SLACK_S && end_s <= span.end_s + SLACK_S;
  });
  if (inside.length > 0 || all.length === 0) return inside;
  const gap = (point: number): number => Math.abs(points.spanOf(point).start_s - span.start_s);
  return [all.reduce((best, point) => (gap(point) < gap(best) ? point : best))];
}

/** Sort points by rows and columns: neighbours in the picture are then neighbours in memory, and drawn twice as fast. */
function inRows(points: LibraryMap["points"]): LibraryMap["points"] {
  const low = points.y.reduce((least, y) => Math.min(least, y), Infinity);
  const high = points.y.reduce((most, y) => Math.max(most, y), -Infinity);
  const perUnit = NUM_ROWS / Math.max(high - low, 1e-6);
  const row = points.y.map((y) => Math.round((y - low) * perUnit));
  const order = points.x
    .map((_, point) => point)
    .sort((a, b) => (row[a] ?? 0) - (row[b] ?? 0) || (points.x[a] ?? 0) - (points.x[b] ?? 0));
  const pick = (values: number[]): number[] => order.map((point) => values[point] ?? 0);
  return {
    x: pick(points.x),
    y: pick(points.y),
    recording: pick(points.recording),
    start_s: pick(points.start_s),
    label: pick(points.label),
  };
}

function rankLabels(label: number[], names: string[]) {
  const nums = names.map((name, index) => ({ name, index, num: 0 }));
  for (const one of label) {
    const known = nums[one];
    if (known !== undefined) known.num += 1;
  }
  const sorted = nums.filter(({ num }) => num > 0).sort((a, b) => b.num - a.num || a.name.localeCompare(b.name));
  const rankOf: number[] = [];
  sorted.forEach(({ index }, rank) => (rankOf[index] = rank));
  return { labels: sorted.map(({ name, num }) => ({ name, num })), rankOf };
}
