/** What the keys do on the map, for the help. */
export const MAP_KEYS: readonly [string, string][] = [
  ["←  ↑  →  ↓", "To the next sound that way; it plays"],
  ["Enter", "Play again, or stop"],
  ["s", "Search with it"],
  ["+  -", "Nearer, farther"],
  ["0", "Everything"],
];
