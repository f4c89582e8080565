import type { Place } from "./camera";
import type { Points } from "./points";

/** The nearest point within a distance; null if there is none. */
export function nearest(points: Points, at: Place, within: number): number | null {
  let best: number | null = null;
  let least = Infinity;
  for (const point of points.tree.within(at.x, at.y, within)) {
    if (point >= points.num) continue;
    const away = distance(points, point, at);
    if (away < least) [best, least] = [point, away];
  }
  return best;
}

/** The points inside a closed line, by the even-odd rule. */
export function inside(points: Points, line: readonly Place[]): number[] {
  if (line.length < 3) return [];
  const xs = line.map(({ x }) => x);
  const ys = line.map(({ y }) => y);
  const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] as const;
  return points.tree
    .range(...box)
    .filter((point) => point < points.num && contains(line, points.x[point] ?? 0, points.y[point] ?? 0));
}

/** The nearest point that lies in a direction, within 45 degrees of it; null at the edge. */
export function nextTowards(points: Points, from: number, towards: Place): number | null {
  const at = { x: points.x[from] ?? 0, y: points.y[from] ?? 0 };
  const whole = Math.hypot(points.high.x - points.low.x, points.high.y - points.low.y);
  for (let within = whole / 256; within < 2 * whole; within *= 2) {
    let best: number | null = null;
    let least = Infinity;
    for (const point of points.tree.within(at.x, at.y, within)) {
      if (point === from || point >= points.num) continue;
      const dx = (points.x[point] ?? 0) - at.x;
      const dy = (points.y[point] ?? 0) - at.y;
      const along = dx * towards.x + dy * towards.y;
      const across = Math.abs(dx * towards.y - dy * towards.x);
      if (along <= 0 || across > along) continue;
      const away = Math.hypot(dx, dy);
      if (away < least) [best, least] = [point, away];
    }
    if (best !== null) return best;
  }
  return null;
}

function distance(points: Points, point: number, at: Place): number {
  return Math.hypot((points.x[point] ?? 0) - at.x, (points.y[point] ?? 0) - at.y);
}

function contains(line: readonly Place[], x: number, y: number): boolean {
  let isInside = false;
  let before = line.at(-1);
  for (const corner of line) {
    if (before !== undefined && corner.y > y !== before.y > y) {
      const crossing = ((before.x - corner.x) * (y - corner.y)) / (before.y - corner.y) + corner.x;
      if (x < crossing) isInside = !isInside;
    }
    before = corner;
  }
  return isInside;
}
