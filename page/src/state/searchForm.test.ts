import { expect, test } from "vitest";
import { type Question, searchForm } from "./searchForm";

const NOTHING: Question = {
  query: null,
  part: null,
  wanted: [],
  unwanted: [],
  num_hits: 10,
  per: "span",
  distance: null,
  skipSelf: false,
  where: "",
};
const bark = { recording_id: "a", start_s: 1, end_s: 3 };
const growl = { recording_id: "b", start_s: 0, end_s: 2.5 };

const entries = (question: Partial<Question>) => {
  const form = searchForm({ ...NOTHING, ...question });
  return form === null ? null : [...form.entries()].map(([name, value]) => [name, String(value)]);
};

test("nothing to search with is no question", () => {
  expect(entries({})).toBeNull();
  expect(entries({ unwanted: [bark] })).toBeNull();
});

test("marks alone: the first wanted one is the query", () => {
  expect(entries({ wanted: [bark, growl] })).toEqual([
    ["recording", "a@1-3"],
    ["plus", "b@0-2.5"],
    ["k", "10"],
    ["per", "span"],
  ]);
});

test("a stored recording with a part, marks and settings", () => {
  const query = { kind: "recording", recording_id: "c", path: "/c.wav", duration_s: 60 } as const;
  const question = {
    query,
    part: { start_s: 4, end_s: 5 },
    wanted: [bark],
    unwanted: [growl],
    where: "duration_s < 9",
  };
  expect(entries({ ...question, distance: "cosine", skipSelf: true })).toEqual([
    ["recording", "c"],
    ["start_s", "4"],
    ["end_s", "5"],
    ["plus", "a@1-3"],
    ["minus", "b@0-2.5"],
    ["k", "10"],
    ["per", "span"],
    ["distance", "cosine"],
    ["skip_self", "true"],
    ["where", "duration_s < 9"],
  ]);
});

test("a file goes as it is", () => {
  const form = searchForm({ ...NOTHING, query: { kind: "file", blob: new Blob(["x"]), name: "dog.wav" } });
  expect((form?.get("file") as File).name).toBe("dog.wav");
});
