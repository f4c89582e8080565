import { computed, effect, signal } from "@preact/signals";
import { search } from "../api/calls";
import { explain } from "../api/problem";
import type { Hit, SearchResult } from "../api/types";
import { Latest } from "./latest";
import { marks, spanKey, unwanted, wanted } from "./marks";
import { part, query } from "./query";
import { searchForm } from "./searchForm";
import { distance, num_hits, per, skipSelf, where } from "./settings";

// Long enough to swallow the steps of a drag, short enough to feel immediate.
const PAUSE_MS = 180;

/** The newest answer; it stays while the next one is on its way. */
export const result = signal<SearchResult | null>(null);
export const isSearching = signal(false);
export const failure = signal<string | null>(null);
/** How long the newest answer took, in milliseconds; as the page saw it. */
export const took_ms = signal(0);

export const hits = computed<Hit[]>(() => result.value?.hits ?? []);
/** The stretches of the newest answer, by name. */
export const hitKeys = computed(() => new Set(hits.value.map(spanKey)));

const form = computed(() =>
  searchForm({
    query: query.value,
    part: part.value,
    wanted: wanted.value,
    unwanted: unwanted.value,
    num_hits: num_hits.value,
    per: per.value,
    distance: distance.value,
    skipSelf: skipSelf.value,
    where: where.value,
  }),
);

const latest = new Latest();

/** Search anew whenever something changes that the answer depends on. Returns what ends it. */
export function keepSearching(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return effect(() => {
    const asked = form.value;
    clearTimeout(timer);
    if (asked === null) {
      latest.stop();
      result.value = failure.value = null;
      isSearching.value = false;
      return;
    }
    isSearching.value = true;
    timer = setTimeout(() => void ask(asked), PAUSE_MS);
  });
}

/** Ask the same question again. */
export function askAgain(): void {
  if (form.value !== null) void ask(form.value);
}

async function ask(asked: FormData): Promise<void> {
  const begin_ms = performance.now();
  isSearching.value = true;
  try {
    const answer = await latest.run((signal) => search(asked, signal));
    if (answer === undefined) return;
    result.value = answer;
    took_ms.value = performance.now() - begin_ms;
    failure.value = null;
  } catch (thrown) {
    failure.value = explain(thrown);
  }
  isSearching.value = false;
}

/** Forget the query, the marks and the answer. */
export function startAfresh(): void {
  marks.value = [];
  part.value = null;
  query.value = null;
}
