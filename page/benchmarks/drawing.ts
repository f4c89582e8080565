import { fit } from "../src/map/camera";
import { drawPoints, PLAIN } from "../src/map/draw";
import { readPoints, type Points } from "../src/map/points";

// Prints how long one frame of the map takes, in milliseconds of processor time; benchmarks/map_drawing.py asks for it.
const [num, width, height, repeats] = process.argv.slice(2).map(Number) as [number, number, number, number];
const size = { width, height };

const sines = (step: number, reach: number): number[] =>
  Array.from({ length: num }, (_, index) => Math.sin(index * step) * reach);
const zero = new Array<number>(num).fill(0);
const sorted = readPoints(
  {
    state: "ready",
    points: {
      x: sines(12.9898, 50),
      y: sines(78.233, 30),
      recording: zero,
      start_s: zero,
      label: zero.map((_, index) => index % 40),
    },
    recordings: [{ recording_id: "a", path: "a" }],
    labels: Array.from({ length: 40 }, (_, index) => `label ${index}`),
  },
  2,
);

/** The same points in an order that has nothing to do with their places. */
function shuffled(points: Points): Points {
  const order = zero.map((_, index) => index).sort((a, b) => Math.sin(a) - Math.sin(b));
  return {
    ...points,
    x: Float32Array.from(order, (point) => points.x[point] ?? 0),
    y: Float32Array.from(order, (point) => points.y[point] ?? 0),
    label: Uint16Array.from(order, (point) => points.label[point] ?? 0),
  };
}

function frames_ms(points: Points): number[] {
  const picture = new Uint32Array(width * height);
  const states = new Uint8Array(num).fill(PLAIN);
  const camera = fit(points.low, points.high, size);
  const frame = (): number => {
    const begin = process.cpuUsage();
    drawPoints(picture, size, points, states, camera, 1);
    return process.cpuUsage(begin).user / 1000;
  };
  // The first frames are drawn by code that has not been compiled yet.
  for (let index = 0; index < 10; index++) frame();
  return Array.from({ length: repeats }, frame);
}

console.log(JSON.stringify({ by_place: frames_ms(sorted), shuffled: frames_ms(shuffled(sorted)) }));
