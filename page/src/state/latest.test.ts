import { expect, test } from "vitest";
import { Latest } from "./latest";

const later = <T>(value: T, ms: number): Promise<T> => new Promise((done) => setTimeout(() => done(value), ms));

test("an answer that a newer question overtook is dropped, also when it comes last", async () => {
  const latest = new Latest();
  const slow = latest.run(() => later("slow", 30));
  const fast = latest.run(() => later("fast", 1));
  expect(await fast).toBe("fast");
  expect(await slow).toBeUndefined();
});

test("the older task is told to stop", async () => {
  const latest = new Latest();
  let heard = false;
  const first = latest.run((signal) => {
    signal.addEventListener("abort", () => (heard = true));
    return later(1, 5);
  });
  await latest.run(() => later(2, 1));
  await first;
  expect(heard).toBe(true);
});

test("an error of an overtaken task is dropped, an error of the newest is thrown", async () => {
  const latest = new Latest();
  const overtaken = latest.run(() => later(0, 5).then(() => Promise.reject(new Error("old"))));
  const newest = latest.run(() => Promise.reject(new Error("new")));
  await expect(newest).rejects.toThrow("new");
  expect(await overtaken).toBeUndefined();
});
