import { expect, test } from "vitest";
import { fit, toPicture } from "./camera";
import { drawPoints, FADED, LIT, PLAIN } from "./draw";
import { readPoints } from "./points";

const SIZE = { width: 200, height: 100 };

function cloud(num: number) {
  const x = Array.from({ length: num }, (_, index) => Math.sin(index * 12.9898) * 50);
  const y = Array.from({ length: num }, (_, index) => Math.cos(index * 78.233) * 25);
  const zero = x.map(() => 0);
  const points = { x, y, recording: zero, start_s: zero, label: x.map((_, index) => index % 40) };
  const labels = Array.from({ length: 40 }, (_, index) => `label ${index}`);
  return readPoints({ state: "ready", points, recordings: [{ recording_id: "a", path: "a" }], labels }, 2);
}

const brightness = (picture: Uint32Array, x: number, y: number): number => {
  const pixel = picture[Math.round(y) * SIZE.width + Math.round(x)] ?? 0;
  return (pixel & 255) + ((pixel >>> 8) & 255) + ((pixel >>> 16) & 255);
};

test("a point is bright where it is, brighter where it is lit, and dark where it is faded", () => {
  const points = cloud(3);
  const camera = fit(points.low, points.high, SIZE);
  const place = toPicture(camera, SIZE, { x: points.x[1] ?? 0, y: points.y[1] ?? 0 });
  const shown = [FADED, PLAIN, LIT].map((state) => {
    const picture = new Uint32Array(SIZE.width * SIZE.height);
    drawPoints(picture, SIZE, points, new Uint8Array(3).fill(state), camera, 1);
    return { middle: brightness(picture, place.x, place.y), lit: picture.filter((one) => one === 0xffffffff).length };
  });
  expect(shown[0]?.middle).toBeLessThan(shown[1]?.middle ?? 0);
  expect(shown[1]?.lit).toBe(0);
  expect(shown[2]?.lit).toBeGreaterThan(10);
});

test("points outside the picture are left out, at every corner", () => {
  const points = cloud(500);
  const picture = new Uint32Array(SIZE.width * SIZE.height);
  const states = new Uint8Array(500).fill(LIT);
  for (const x of [-60, 60]) {
    for (const y of [-30, 30]) drawPoints(picture, SIZE, points, states, { x, y, scale: 3 }, 1);
  }
  expect(picture.every((pixel) => pixel >>> 24 === 255)).toBe(true);
});

test("100,000 points are drawn fast enough to be moved about", () => {
  const points = cloud(100_000);
  const size = { width: 1200, height: 800 };
  const picture = new Uint32Array(size.width * size.height);
  const states = new Uint8Array(points.num).fill(PLAIN);
  const camera = fit(points.low, points.high, size);
  // The processor's time, not the clock's: other programs may have the machine meanwhile.
  const times_ms = Array.from({ length: 9 }, () => {
    const begin = process.cpuUsage();
    drawPoints(picture, size, points, states, camera, 1);
    return process.cpuUsage(begin).user / 1000;
  });
  // About 10 ms on a server, benchmarks/map_drawing.py; the bound is for slower machines.
  expect(Math.min(...times_ms)).toBeLessThan(40);
});
