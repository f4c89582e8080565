import type { Look, Shape } from "./palette";

/**
 * A small picture of a point: the pixels around its middle that it covers.
 *
 * A pixel is a number of 32 bits, as the memory of a picture has it: opacity, blue, green, red from the highest byte
 * down. `ink` is the stamp's colour times the share of the pixel that it covers, `through` is the share of 256 that
 * shines through from below.
 */
export interface Stamp {
  radius: number;
  dx: Int8Array;
  dy: Int8Array;
  ink: Uint32Array;
  through: Uint16Array;
}

const FINENESS = 4;

/** Rasterise a look at a radius in pixels. */
export function stampOf(look: Look, radius: number, opacity = 1): Stamp {
  const reach = Math.ceil(radius);
  const [red, green, blue] = channels(look.colour);
  const dx: number[] = [];
  const dy: number[] = [];
  const ink: number[] = [];
  const through: number[] = [];
  for (let row = -reach; row <= reach; row++) {
    for (let column = -reach; column <= reach; column++) {
      const share = opacity * coverOf(look.shape, radius, column, row);
      if (share === 0) continue;
      dx.push(column);
      dy.push(row);
      ink.push(pack(red * share, green * share, blue * share));
      through.push(256 - Math.ceil(256 * share));
    }
  }
  return {
    radius: reach,
    dx: Int8Array.from(dx),
    dy: Int8Array.from(dy),
    ink: Uint32Array.from(ink),
    through: Uint16Array.from(through),
  };
}

/** A pixel of these channels in [0, 255], without opacity. */
export function pack(red: number, green: number, blue: number): number {
  return (Math.floor(blue) << 16) | (Math.floor(green) << 8) | Math.floor(red);
}

/** Which share of a pixel is inside a shape around the origin. */
function coverOf(shape: Shape, radius: number, column: number, row: number): number {
  let inside = 0;
  for (let i = 0; i < FINENESS; i++) {
    for (let j = 0; j < FINENESS; j++) {
      const x = column + (i + 0.5) / FINENESS - 0.5;
      const y = row + (j + 0.5) / FINENESS - 0.5;
      if (isInside(shape, radius, x, y)) inside += 1;
    }
  }
  return inside / FINENESS ** 2;
}

function isInside(shape: Shape, radius: number, x: number, y: number): boolean {
  switch (shape) {
    case "disc":
      return x * x + y * y <= radius * radius * 0.85;
    case "diamond":
      return Math.abs(x) + Math.abs(y) <= radius * 1.1;
    case "triangle":
      return y <= radius * 0.7 && y >= Math.abs(x) * 1.75 - radius;
  }
}

function channels(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
