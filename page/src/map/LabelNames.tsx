import { useMemo } from "preact/hooks";
import { toPicture, type Camera, type Place, type Size } from "./camera";
import type { Points } from "./points";

const SHOWN = 24;
/** Names nearer to each other than this would cover each other; the less frequent one is left out. */
const APART = { x: 90, y: 22 };

/** The names of the most frequent labels, each above the middle of its sounds. */
export function LabelNames({ points, camera, size }: { points: Points; camera: Camera; size: Size }) {
  const middles = useMemo(() => middlesOf(points), [points]);
  const taken: Place[] = [];
  return (
    <div class="label-names" aria-hidden="true">
      {middles.map(({ name, at }) => {
        const place = toPicture(camera, size, at);
        const isCovered = taken.some(
          (other) => Math.abs(other.x - place.x) < APART.x && Math.abs(other.y - place.y) < APART.y,
        );
        const isOutside = place.x < 0 || place.y < 0 || place.x > size.width || place.y > size.height;
        if (isCovered || isOutside) return null;
        taken.push(place);
        return (
          <span key={name} style={{ transform: `translate(${place.x}px, ${place.y}px) translate(-50%, -1.9em)` }}>
            {name}
          </span>
        );
      })}
    </div>
  );
}

/** For every frequent label its median point: unlike the mean, it lies among the points. */
function middlesOf(points: Points): { name: string; at: Place }[] {
  const xs: number[][] = [];
  const ys: number[][] = [];
  for (let point = 0; point < points.num; point++) {
    const label = points.label[point] ?? 0;
    if (label >= SHOWN) continue;
    (xs[label] ??= []).push(points.x[point] ?? 0);
    (ys[label] ??= []).push(points.y[point] ?? 0);
  }
  return points.labels
    .slice(0, SHOWN)
    .map(({ name }, label) => ({ name, at: { x: median(xs[label] ?? []), y: median(ys[label] ?? []) } }))
    .filter(({ name }) => name !== "");
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
