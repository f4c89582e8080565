import { expect, test } from "vitest";
import type { LibraryMap } from "../api/types";
import { inside, nearest, nextTowards } from "./finding";
import { pointsOf, readPoints } from "./points";

const MAP: LibraryMap = {
  state: "ready",
  points: {
    x: [0, 1, 2, 0, 5],
    y: [0, 0, 0, 3, 5],
    recording: [0, 0, 0, 1, 1],
    start_s: [0, 1, 2, 0, 1],
    label: [1, 1, 1, 0, 0],
  },
  recordings: [
    { recording_id: "a", path: "/a.wav" },
    { recording_id: "b", path: "/b.wav" },
  ],
  labels: ["rain", "dog"],
};
const points = readPoints(MAP, 2);

test("labels come by their number of points", () => {
  expect(points.labels).toEqual([
    { name: "dog", num: 3 },
    { name: "rain", num: 2 },
  ]);
  expect([...points.label]).toEqual([0, 0, 0, 1, 1]);
});

test("a point is a window of its recording", () => {
  expect(points.spanOf(4)).toEqual({ recording_id: "b", start_s: 1, end_s: 3 });
  expect(points.pathOf(4)).toBe("/b.wav");
});

test("a hit's points are its windows, or the nearest window of its recording", () => {
  expect(pointsOf(points, { recording_id: "a", start_s: 0, end_s: 3 })).toEqual([0, 1]);
  expect(pointsOf(points, { recording_id: "a", start_s: 1.4, end_s: 3.4 })).toEqual([1]);
  expect(pointsOf(points, { recording_id: "c", start_s: 0, end_s: 3 })).toEqual([]);
});

test("the nearest point, if it is near enough", () => {
  expect(nearest(points, { x: 1.2, y: 0.1 }, 0.5)).toBe(1);
  expect(nearest(points, { x: 10, y: 10 }, 0.5)).toBeNull();
});

test("a lasso takes what is inside, also where it is not convex", () => {
  const bent = [
    { x: -1, y: -1 },
    { x: 3, y: -1 },
    { x: 3, y: 1 },
    { x: 1, y: -0.5 },
    { x: -1, y: 4 },
  ];
  expect(inside(points, bent).sort()).toEqual([0, 2]);
  expect(inside(points, bent.slice(0, 2))).toEqual([]);
});

test("walking goes to the nearest point that way, and ends at the edge", () => {
  expect(nextTowards(points, 0, { x: 1, y: 0 })).toBe(1);
  expect(nextTowards(points, 0, { x: 0, y: 1 })).toBe(3);
  expect(nextTowards(points, 0, { x: -1, y: 0 })).toBeNull();
});

test("a map without points can be read", () => {
  const empty = { ...MAP, points: { x: [], y: [], recording: [], start_s: [], label: [] } };
  const none = readPoints(empty, 2);
  expect(none.num).toBe(0);
  expect(nearest(none, { x: 0, y: 0 }, 1)).toBeNull();
});
