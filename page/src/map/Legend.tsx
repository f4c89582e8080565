import { count, counted } from "../sound/format";
import { hits } from "../state/searching";
import { lookOf, NUM_LOOKS, type Look } from "./palette";
import type { Points } from "./points";

interface Props {
  points: Points;
  wanted: ReadonlySet<number>;
  onWant: (labels: ReadonlySet<number>) => void;
  num_lit: number;
}

/** Which colour and shape is which label; a click lets a label stand out. */
export function Legend({ points, wanted, onWant, num_lit }: Props) {
  const toggle = (rank: number): void => {
    const next = new Set(wanted);
    if (!next.delete(rank)) next.add(rank);
    onWant(next);
  };
  return (
    <section class="card panel" aria-labelledby="legend-title">
      <h2 id="legend-title">Labels</h2>
      <p class="hint">
        {counted(points.num, "sound")}. Alike sounds lie together.
        {num_lit > 0 && ` The ${counted(hits.value.length, "hit")} of your search have a white ring.`}
      </p>
      <ul class="legend">
        {points.labels.slice(0, NUM_LOOKS).map(({ name, num }, rank) => (
          <li key={name}>
            <button aria-pressed={wanted.has(rank)} onClick={() => toggle(rank)}>
              <Sample look={lookOf(rank)} />
              <span>{name || "no label"}</span>
              <small>{count(num)}</small>
            </button>
          </li>
        ))}
      </ul>
      {points.labels.length > NUM_LOOKS && (
        <p class="hint">{counted(points.labels.length - NUM_LOOKS, "rarer label")} in grey.</p>
      )}
      {wanted.size > 0 && (
        <button class="ghost small" onClick={() => onWant(new Set())}>
          Show all labels
        </button>
      )}
    </section>
  );
}

const OUTLINES = {
  disc: "M8 2.500a5.500 5.500 0 1 1 0 11a5.500 5.500 0 1 1 0-11z",
  diamond: "M8 1.500L14.500 8L8 14.500L1.500 8z",
  triangle: "M8 14L2 3.500h12z",
};

function Sample({ look }: { look: Look }) {
  return (
    <svg class="sample" viewBox="0 0 16 16" aria-hidden="true">
      <path d={OUTLINES[look.shape]} fill={look.colour} />
    </svg>
  );
}
