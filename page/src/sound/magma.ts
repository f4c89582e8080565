// 17 steps of the map "magma" of matplotlib, by S. van der Walt and N. Smith (CC0): even in lightness, so that it reads
// the same for colour-blind eyes and in grey. The server draws its pictures with the same map.
const STEPS = [
  0x000004, 0x0a0822, 0x1d1147, 0x36106b, 0x51127c, 0x6a1c81, 0x832681, 0x9c2e7f, 0xb73779, 0xd0416f, 0xe75263,
  0xf56b5c, 0xfc8961, 0xfea772, 0xfec488, 0xfde2a3, 0xfcfdbf,
];

/** The map as 256 entries of red, green, blue and opacity in [0, 1], from quiet to loud. */
export function magma(): number[][] {
  return Array.from({ length: 256 }, (_, index) => {
    const at = (index / 255) * (STEPS.length - 1);
    const low = STEPS[Math.floor(at)] ?? 0;
    const high = STEPS[Math.ceil(at)] ?? 0;
    const blend = (shift: number): number => {
      const from = (low >> shift) & 255;
      const to = (high >> shift) & 255;
      return (from + (to - from) * (at % 1)) / 255;
    };
    return [blend(16), blend(8), blend(0), 1];
  });
}
