import { beforeEach, expect, test } from "vitest";
import { marks, setOfMarks, spanKey, toggleMark, unwanted, verdictOf, wantAll, wanted } from "./marks";

const bark = { recording_id: "a", start_s: 1, end_s: 3, path: "/bark.wav", label: "dog" };
const rain = { recording_id: "b", start_s: 0, end_s: 2, path: "/rain.wav", label: "rain" };

beforeEach(() => {
  marks.value = [];
});

test("the same verdict twice takes the mark back, the other one replaces it", () => {
  toggleMark(bark, "more");
  expect(verdictOf(bark)).toBe("more");
  toggleMark(bark, "less");
  expect(verdictOf(bark)).toBe("less");
  expect(marks.value).toHaveLength(1);
  toggleMark(bark, "less");
  expect(verdictOf(bark)).toBeNull();
});

test("a set holds the stretches alone", () => {
  toggleMark(bark, "more");
  toggleMark(rain, "less");
  expect(setOfMarks("dogs", "dog")).toEqual({
    name: "dogs",
    label: "dog",
    plus: [{ recording_id: "a", start_s: 1, end_s: 3 }],
    minus: [{ recording_id: "b", start_s: 0, end_s: 2 }],
  });
});

test("several at once keep the verdicts that are there", () => {
  toggleMark(rain, "less");
  wantAll([bark, rain]);
  expect(wanted.value.map(spanKey)).toEqual(["a@1-3"]);
  expect(unwanted.value.map(spanKey)).toEqual(["b@0-2"]);
});
