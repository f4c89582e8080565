import type { Signal } from "@preact/signals";
import { useId } from "preact/hooks";
import { length } from "../sound/format";
import type { Part } from "../state/query";

const SHORTEST_S = 0.1;

/** From where to where a sound is used, as numbers: the same as dragging over its picture, for the keyboard. */
export function PartFields({ duration_s, part }: { duration_s: number | null; part: Signal<Part | null> }) {
  const id = useId();
  const chosen = part.value;
  const end_s = duration_s ?? chosen?.end_s ?? 0;
  const set = (start: number, end: number): void => {
    if (!Number.isFinite(start) || !Number.isFinite(end)) return;
    const from = Math.max(0, Math.min(start, end_s - SHORTEST_S));
    part.value = { start_s: from, end_s: Math.max(from + SHORTEST_S, Math.min(end, end_s || end)) };
  };
  return (
    <div class="part">
      <label for={`${id}-from`}>From</label>
      <input
        id={`${id}-from`}
        type="number"
        min={0}
        step={0.1}
        value={shown(chosen?.start_s ?? 0)}
        onChange={(event) => set(event.currentTarget.valueAsNumber, chosen?.end_s ?? end_s)}
      />
      <label for={`${id}-to`}>to</label>
      <input
        id={`${id}-to`}
        type="number"
        min={0}
        step={0.1}
        value={shown(chosen?.end_s ?? end_s)}
        onChange={(event) => set(chosen?.start_s ?? 0, event.currentTarget.valueAsNumber)}
      />
      <span>s</span>
      {chosen === null ? (
        <span class="hint">All of it counts. Drag over the picture to take a part.</span>
      ) : (
        <>
          <span class="hint">{length(chosen.end_s - chosen.start_s)} selected</span>
          <button class="ghost small" onClick={() => (part.value = null)}>
            Use all of it
          </button>
        </>
      )}
    </div>
  );
}

const shown = (time_s: number): string => String(Number(time_s.toFixed(2)));
