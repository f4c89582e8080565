import { signal } from "@preact/signals";
import { deleteSet, getRecording, getSet, getSets } from "../api/calls";
import type { StoredExample } from "../api/types";
import { marks, type Mark, type Verdict } from "../state/marks";

/** The sets that the server keeps; null until it has said them. */
export const sets = signal<{ name: string; examples: number }[] | null>(null);

/** Ask for the sets anew. */
export async function refreshSets(): Promise<void> {
  sets.value = await getSets();
}

/** Put the examples of a set in the place of the marks. */
export async function useSet(name: string): Promise<void> {
  const set = await getSet(name);
  const read = (spans: readonly StoredExample[], verdict: Verdict): Promise<Mark[]> =>
    Promise.all(spans.map((span) => markOf(span, verdict)));
  marks.value = [...(await read(set.plus, "more")), ...(await read(set.minus, "less"))];
}

/** Forget a set. */
export async function dropSet(name: string): Promise<void> {
  await deleteSet(name);
  await refreshSets();
}

/** A set may name a whole recording without times. */
async function markOf({ recording_id, start_s, end_s }: StoredExample, verdict: Verdict): Promise<Mark> {
  const { path, label, duration_s } = await getRecording(recording_id);
  return { recording_id, start_s: start_s ?? 0, end_s: end_s ?? duration_s, path, label, verdict };
}
