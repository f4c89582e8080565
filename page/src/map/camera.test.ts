import { expect, test } from "vitest";
import { fit, pan, toMap, toPicture, zoom } from "./camera";

const SIZE = { width: 800, height: 600 };
const CAMERA = { x: 3, y: -2, scale: 40 };

test("picture and map are inverse to each other", () => {
  const place = { x: 123, y: 456 };
  const back = toPicture(CAMERA, SIZE, toMap(CAMERA, SIZE, place));
  expect(back.x).toBeCloseTo(place.x);
  expect(back.y).toBeCloseTo(place.y);
});

test("everything fits, and up is up", () => {
  const camera = fit({ x: -10, y: 0 }, { x: 10, y: 5 }, SIZE);
  const low = toPicture(camera, SIZE, { x: -10, y: 0 });
  const high = toPicture(camera, SIZE, { x: 10, y: 5 });
  expect(low.x).toBeGreaterThan(0);
  expect(high.x).toBeLessThan(800);
  expect(high.y).toBeLessThan(low.y);
});

test("what is under the pointer stays there when one comes nearer", () => {
  const place = { x: 700, y: 100 };
  const before = toMap(CAMERA, SIZE, place);
  const after = toMap(zoom(CAMERA, SIZE, place, 1.7), SIZE, place);
  expect(after.x).toBeCloseTo(before.x);
  expect(after.y).toBeCloseTo(before.y);
});

test("a drag takes the map along", () => {
  const place = { x: 200, y: 200 };
  const grabbed = toMap(CAMERA, SIZE, place);
  const moved = toPicture(pan(CAMERA, { x: 30, y: -12 }), SIZE, grabbed);
  expect(moved.x).toBeCloseTo(230);
  expect(moved.y).toBeCloseTo(188);
});

test("one point alone fits too", () => {
  expect(Number.isFinite(fit({ x: 1, y: 1 }, { x: 1, y: 1 }, SIZE).scale)).toBe(true);
});
