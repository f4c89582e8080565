import { expect, test } from "vitest";
import { firstZoom, inView, tilesOf, ticksOf, zoomed } from "./ruler";

const HOUR = { duration_s: 3600, pxPerSecond: 50, scroll_px: 40_000, width_px: 1000 };

test("only the tiles around what is in view are asked for, however long the recording", () => {
  expect(inView(HOUR)).toEqual({ start_s: 800, end_s: 820 });
  expect(tilesOf(HOUR)).toEqual([
    { start_s: 784, end_s: 800 },
    { start_s: 800, end_s: 816 },
    { start_s: 816, end_s: 832 },
    { start_s: 832, end_s: 848 },
  ]);
});

test("tiles cover a recording without gaps and end with it", () => {
  const tiles = tilesOf({ duration_s: 20.5, pxPerSecond: 100, scroll_px: 0, width_px: 5000 });
  expect(tiles[0]?.start_s).toBe(0);
  expect(tiles.at(-1)?.end_s).toBe(20.5);
  tiles.slice(1).forEach((tile, index) => expect(tile.start_s).toBe(tiles[index]?.end_s));
});

test("the ruler names round times that do not touch", () => {
  expect(ticksOf(HOUR)).toEqual([800, 802, 804, 806, 808, 810, 812, 814, 816, 818, 820]);
  expect(ticksOf({ ...HOUR, duration_s: 0.4, scroll_px: 0, pxPerSecond: 400 })).toEqual([0, 0.5].slice(0, 1));
});

test("a short recording fills the frame, and no zoom leaves the frame half empty", () => {
  expect(firstZoom(4, 1000)).toBe(250);
  expect(firstZoom(3600, 1000)).toBe(50);
  expect(zoomed({ duration_s: 100, pxPerSecond: 12, scroll_px: 0, width_px: 1000 }, 0.5)).toBe(10);
  expect(zoomed(HOUR, 100)).toBe(400);
});
