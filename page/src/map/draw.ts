import type { Camera, Size } from "./camera";
import { lookOf, NUM_LOOKS } from "./palette";
import type { Points } from "./points";
import { pack, stampOf, type Stamp } from "./stamps";

/** What is said of a point by its number in `states`: higher ones are drawn above lower ones. */
export const FADED = 0;
export const PLAIN = 1;
export const CHOSEN = 2;
export const LIT = 3;

const OPAQUE = 0xff000000;
const GROUND = OPAQUE | pack(13, 13, 22);
const WHITE = { colour: "#ffffff", shape: "disc" } as const;

/**
 * Draw the points into the pixels of a picture.
 *
 * Pixels are written one by one: on a processor that is faster for 100,000 points than one drawing command each, and it
 * looks the same on every machine, with or without a graphics card.
 *
 * @param picture a number for every pixel, row by row; see `Stamp`
 * @param states one of the numbers above for every point
 * @param size of the picture in its own pixels; the camera is in these too
 */
export function drawPoints(
  picture: Uint32Array,
  size: Size,
  points: Points,
  states: Uint8Array,
  camera: Camera,
  fineness: number,
): void {
  const radius = radiusOf(points, camera, fineness);
  const stamps = Array.from({ length: NUM_LOOKS + 1 }, (_, rank) => lookOf(rank));
  const layers = [
    stamps.map((look) => stampOf(look, radius * 0.8, 0.16)),
    stamps.map((look) => stampOf(look, radius, 0.9)),
    stamps.map((look) => stampOf(look, radius * 1.3)),
    stamps.map((look) => stampOf(look, radius * 1.6 + fineness)),
  ];
  const halo = stampOf(WHITE, radius * 1.6 + 3 * fineness);

  picture.fill(GROUND);
  const left = size.width / 2 - camera.x * camera.scale;
  const top = size.height / 2 + camera.y * camera.scale;
  for (let state = FADED; state <= LIT; state++) {
    const layer = layers[state] ?? [];
    for (let point = 0; point < points.num; point++) {
      if (states[point] !== state) continue;
      const x = Math.round((points.x[point] as number) * camera.scale + left);
      const y = Math.round(top - (points.y[point] as number) * camera.scale);
      const stamp = layer[Math.min(points.label[point] as number, NUM_LOOKS)];
      if (stamp === undefined) continue;
      if (state === LIT) put(picture, size, halo, x, y);
      put(picture, size, stamp, x, y);
    }
  }
}

/** Points shrink where there are many of them and grow as one comes nearer. */
function radiusOf(points: Points, camera: Camera, fineness: number): number {
  const extent = Math.max(points.high.x - points.low.x, points.high.y - points.low.y, 1e-6);
  const roomPerPoint = (extent * camera.scale) / Math.sqrt(points.num + 1);
  return Math.max(1.4 * fineness, Math.min(6 * fineness, roomPerPoint * 0.3));
}

function put(picture: Uint32Array, size: Size, stamp: Stamp, x: number, y: number): void {
  const { radius, dx, dy, ink, through } = stamp;
  const { width, height } = size;
  if (x < -radius || y < -radius || x >= width + radius || y >= height + radius) return;
  const isWhole = x >= radius && y >= radius && x + radius < width && y + radius < height;
  for (let index = 0; index < ink.length; index++) {
    const column = x + (dx[index] as number);
    const row = y + (dy[index] as number);
    if (!isWhole && (column < 0 || row < 0 || column >= width || row >= height)) continue;
    const at = row * width + column;
    const below = picture[at] as number;
    const share = through[index] as number;
    // Red and blue are dimmed in one product: there is a free byte above each of them.
    const redBlue = (Math.imul(below & 0xff00ff, share) >>> 8) & 0xff00ff;
    const green = Math.imul((below >>> 8) & 0xff, share) & 0xff00;
    picture[at] = OPAQUE | ((ink[index] as number) + (redBlue | green));
  }
}
