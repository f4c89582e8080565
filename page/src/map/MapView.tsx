import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { play } from "../sound/player";
import { hits } from "../state/searching";
import { CHOSEN, FADED, LIT, PLAIN } from "./draw";
import { FocusCard } from "./FocusCard";
import { Legend } from "./Legend";
import { MapPicture } from "./MapPicture";
import { pointsOf, type Points } from "./points";
import { SelectionCard } from "./SelectionCard";

/** The map and what stands beside it. */
export function MapView({ points }: { points: Points }) {
  /** The sound that was clicked last. */
  const focus = useSignal<number | null>(null);
  const selection = useSignal<readonly number[]>([]);
  /** The labels that are to stand out, by their place among `points.labels`; all of them if empty. */
  const wantedLabels = useSignal<ReadonlySet<number>>(new Set());

  const lit = useMemo(() => hits.value.flatMap((hit) => pointsOf(points, hit)), [points, hits.value]);
  const states = useMemo(() => {
    const wanted = wantedLabels.value;
    const chosen = selection.value;
    const isPlain = wanted.size === 0 && chosen.length === 0;
    const made = new Uint8Array(points.num).fill(isPlain ? PLAIN : FADED);
    if (wanted.size > 0) {
      for (let point = 0; point < points.num; point++) {
        if (wanted.has(points.label[point] ?? -1)) made[point] = PLAIN;
      }
    }
    for (const point of chosen) made[point] = CHOSEN;
    for (const point of lit) made[point] = LIT;
    return made;
  }, [points, wantedLabels.value, selection.value, lit]);

  return (
    <div class="map-page">
      <div class="map-main">
        <h1 class="sr-only">Map</h1>
        <MapPicture
          points={points}
          states={states}
          focus={focus.value}
          onFocus={(point) => {
            focus.value = point;
            play(points.spanOf(point));
          }}
          onSelect={(chosen) => (selection.value = chosen)}
        />
      </div>
      <aside class="side-column" aria-label="About the map">
        {focus.value !== null && <FocusCard points={points} point={focus.value} />}
        {selection.value.length > 0 && (
          <SelectionCard points={points} chosen={selection.value} onClear={() => (selection.value = [])} />
        )}
        <Legend
          points={points}
          wanted={wantedLabels.value}
          onWant={(wanted) => (wantedLabels.value = wanted)}
          num_lit={lit.length}
        />
      </aside>
    </div>
  );
}
