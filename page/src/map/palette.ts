// P. Tol's "light" scheme: colours that colour-blind eyes tell apart, bright on the map's dark ground.
export const COLOURS = [
  "#77aadd",
  "#ee8866",
  "#eedd88",
  "#ffaabb",
  "#44bb99",
  "#bbcc33",
  "#99ddff",
  "#aaaa00",
] as const;
export const OTHER_COLOUR = "#7a7a90";
export const SHAPES = ["disc", "diamond", "triangle"] as const;
export type Shape = (typeof SHAPES)[number];

/** How points of a label look. Colour and shape together, so that many labels can be told apart. */
export interface Look {
  colour: string;
  shape: Shape;
}

/** So many labels have a look of their own. */
export const NUM_LOOKS = COLOURS.length * SHAPES.length;

/** The look of the label that is in this place when the most frequent comes first. */
export function lookOf(rank: number): Look {
  if (rank >= NUM_LOOKS) return { colour: OTHER_COLOUR, shape: "disc" };
  return {
    colour: COLOURS[rank % COLOURS.length] ?? OTHER_COLOUR,
    shape: SHAPES[Math.floor(rank / COLOURS.length)] ?? "disc",
  };
}
