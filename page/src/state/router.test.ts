import { expect, test } from "vitest";
import { parseAddress, recordingPage } from "./router";

test("every page has an address", () => {
  expect(parseAddress("/")).toEqual({ page: "search" });
  expect(parseAddress("/map")).toEqual({ page: "map" });
  expect(parseAddress("/library/")).toEqual({ page: "library" });
  expect(parseAddress("/nowhere")).toEqual({ page: "unknown" });
});

test("a recording's address can say a time, and any id survives it", () => {
  const address = new URL(recordingPage("a/b?", 12.346), "http://localhost");
  expect(parseAddress(address.pathname, address.search)).toEqual({ page: "recording", id: "a/b?", at_s: 12.35 });
  expect(parseAddress("/recordings/abc", "?at=x")).toEqual({ page: "recording", id: "abc", at_s: null });
});
