const SHAPES = {
  play: "M8 5.5v13l11-6.5z",
  stop: "M7 7h10v10H7z",
  close: "M6 6l12 12M18 6L6 18",
  microphone: "M12 4a3 3 0 0 1 3 3v4a3 3 0 0 1-6 0V7a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v3",
  upload: "M12 16V5M7 10l5-5 5 5M5 19h14",
  download: "M12 5v11M7 11l5 5 5-5M5 19h14",
  more: "M12 5v14M5 12h14",
  less: "M5 12h14",
  search: "M10.5 5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM15 15l4.5 4.5",
  open: "M13 5h6v6M19 5l-8 8M17 14v5H5V7h5",
  keyboard: "M4 7h16v10H4zM7 10h1M11 10h1M15 10h1M8 14h8",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M5 19l1.5-1.5M17.5 6.5L19 5",
  moon: "M19 14.5A7.5 7.5 0 0 1 9.5 5 7.5 7.5 0 1 0 19 14.5z",
  auto: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  lasso: "M12 5c4.5 0 8 2 8 5s-3.500 5-8 5-8-2-8-5 3.500-5 8-5zM8 14.500c-2 1-2 3 0 3.500s2 2-1 2.500",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
} as const;

const FILLED: ReadonlySet<string> = new Set(["play", "stop"]);

export type IconName = keyof typeof SHAPES;

/** A small picture that says nothing of its own: what is around it has the words. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={FILLED.has(name) ? "icon filled" : "icon"} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} />
    </svg>
  );
}
