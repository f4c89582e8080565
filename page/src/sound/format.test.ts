import { expect, test } from "vitest";
import { bytes, clock, clockSpan, counted, fileName, folderName, length } from "./format";

test("times", () => {
  expect(clock(0)).toBe("0:00");
  expect(clock(7.5)).toBe("0:07.5");
  expect(clock(59.96)).toBe("1:00");
  expect(clock(3725.04)).toBe("1:02:05");
  expect(clock(1.25, 2)).toBe("0:01.25");
  expect(clock(-1)).toBe("0:00");
  expect(clockSpan({ start_s: 1, end_s: 62.5 })).toBe("0:01–1:02.5");
});

test("lengths, sizes and counts", () => {
  expect([1.96, 6, 64, 720, 12_600, 11_000_000].map(length)).toEqual([
    "2 s",
    "6 s",
    "64 s",
    "12 min",
    "3.5 hours",
    "3,056 hours",
  ]);
  expect([999, 1_034_650].map(bytes)).toEqual(["999 B", "1.03 MB"]);
  expect([counted(1, "hit"), counted(1200, "hit")]).toEqual(["1 hit", "1,200 hits"]);
});

test("paths of both kinds", () => {
  expect(fileName("/a/b/c.wav")).toBe("c.wav");
  expect(fileName("C:\\a\\b.wav")).toBe("b.wav");
  expect(folderName("/a/b/c/d.wav")).toBe("…/b/c");
  expect(folderName("d.wav")).toBe("");
});
