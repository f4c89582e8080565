import { computed, signal } from "@preact/signals";
import type { Distance, Per } from "../api/types";
import { NO_FILTERS, type Filters, whereOf } from "./where";

export const num_hits = signal(20);
export const per = signal<Per>("span");
/** null: what the encoder was trained for. */
export const distance = signal<Distance | null>(null);
/** Whether recordings that are examples themselves may be found. */
export const skipSelf = signal(false);
export const filters = signal<Filters>(NO_FILTERS);

/** The filters as the server's `where`. */
export const where = computed(() => whereOf(filters.value));

/** Change some of the filter fields. */
export function filterBy(changes: Partial<Filters>): void {
  filters.value = { ...filters.value, ...changes };
}
