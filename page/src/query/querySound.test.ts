import { expect, test } from "vitest";
import { drawnStretch } from "./querySound";

test("a short recording is drawn as a whole, a long one around its part", () => {
  expect(drawnStretch(6, { start_s: 1, end_s: 3 })).toEqual({ start_s: 0, end_s: 6 });
  expect(drawnStretch(7200, { start_s: 100.4, end_s: 102.4 })).toEqual({ start_s: 85, end_s: 118 });
  expect(drawnStretch(7200, { start_s: 7195, end_s: 7200 })).toEqual({ start_s: 7180, end_s: 7200 });
  expect(drawnStretch(7200, null)).toEqual({ start_s: 0, end_s: 45 });
});
