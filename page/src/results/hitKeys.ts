/** What the keys do on a result, for the help. */
export const HIT_KEYS: readonly [string, string][] = [
  ["↑  ↓", "The hit before, the next one; it plays"],
  ["Enter  Space", "Play, or stop"],
  ["m", "More like this"],
  ["l", "Less like this"],
  ["s", "Search with this"],
  ["o", "Open its recording"],
  ["Home  End", "The first hit, the last one"],
];
