import type { Hit } from "../api/types";

/** How alike a hit is: the share of such hits that carried the query's label, or the bare distance. */
export function Similarity({ hit }: { hit: Hit }) {
  if (hit.similarity === null) {
    return (
      <p class="similarity" title="Distance to the examples; smaller is more alike">
        <span class="number">{hit.distance.toFixed(3)}</span>
        <small>distance</small>
      </p>
    );
  }
  const percent = Math.round(hit.similarity * 100);
  return (
    <p class="similarity" title={`Distance ${hit.distance.toFixed(4)}`}>
      <span class="number">{percent}%</span>
      <span class="bar" aria-hidden="true">
        <i style={{ width: `${percent}%` }} />
      </span>
      <small>alike</small>
    </p>
  );
}
