import { expect, test } from "vitest";
import { NO_FILTERS, numActive, whereOf } from "./where";

test("no filters make no condition", () => {
  expect(whereOf(NO_FILTERS)).toBe("");
  expect(whereOf({ ...NO_FILTERS, folder: "  ", where: " " })).toBe("");
  expect(numActive({ ...NO_FILTERS, folder: "  " })).toBe(0);
});

test("every field is one condition, and what was typed cannot leave its quotes or its brackets", () => {
  const filters = {
    labels: ["rain", "dog's bark"],
    folder: "2024/may",
    min_duration_s: 2,
    max_duration_s: 10.5,
    where: "artist = 'Ada' OR artist IS NULL",
  };
  expect(whereOf(filters)).toBe(
    "label IN ('rain', 'dog''s bark') AND folder ILIKE '%2024/may%' AND duration_s >= 2 AND duration_s <= 10.5" +
      " AND (artist = 'Ada' OR artist IS NULL)",
  );
  expect(numActive(filters)).toBe(5);
});

test("a condition of one's own goes as it is", () => {
  expect(whereOf({ ...NO_FILTERS, where: "duration_s < 10" })).toBe("duration_s < 10");
});
