import { computed, signal } from "@preact/signals";
import { getLabels, getStatus } from "../api/calls";
import { explain } from "../api/problem";
import { tokenWanted } from "../api/request";
import type { Label, Status } from "../api/types";

const BUSY_PAUSE_MS = 1_000;
const IDLE_PAUSE_MS = 10_000;

/** What is in the library; null until the server has said it. */
export const status = signal<Status | null>(null);
export const labels = signal<Label[]>([]);
/** Why the library cannot be looked at, if it cannot. */
export const trouble = signal<string | null>(null);

/** Length of the encoder's window in seconds. */
export const window_s = computed(() => status.value?.encoder.window_s ?? 2);

/** Ask again and again, often while something is under way. Returns what ends it. */
export function keepStatus(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  const look = async (): Promise<void> => {
    await refreshStatus();
    const busy = status.value?.indexing != null || status.value?.map != null;
    if (!ended) timer = setTimeout(() => void look(), busy ? BUSY_PAUSE_MS : IDLE_PAUSE_MS);
  };
  void look();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

/** Ask once, and for the labels too if the library has changed. */
export async function refreshStatus(): Promise<void> {
  if (tokenWanted.value || document.hidden) return;
  try {
    const before = status.value;
    const now = await getStatus();
    status.value = now;
    trouble.value = null;
    if (before === null || before.windows !== now.windows || before.recordings !== now.recordings)
      labels.value = await getLabels();
  } catch (thrown) {
    // The next look may succeed.
    trouble.value = explain(thrown);
  }
}
