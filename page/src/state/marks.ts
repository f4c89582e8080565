import { computed, signal } from "@preact/signals";
import type { ExampleSet, Span } from "../api/types";

export type Verdict = "more" | "less";

/** A stretch that somebody said "more like this" or "less like this" of. */
export interface Mark extends Span {
  path: string;
  label: string;
  verdict: Verdict;
}

export const marks = signal<readonly Mark[]>([]);
export const wanted = computed(() => marks.value.filter((mark) => mark.verdict === "more"));
export const unwanted = computed(() => marks.value.filter((mark) => mark.verdict === "less"));

/** Names a stretch among all stretches, as the server's `plus` and `minus` want it. */
export function spanKey({ recording_id, start_s, end_s }: Span): string {
  return `${recording_id}@${start_s}-${end_s}`;
}

/** What was said of a stretch, if anything. */
export function verdictOf(span: Span): Verdict | null {
  const key = spanKey(span);
  return marks.value.find((mark) => spanKey(mark) === key)?.verdict ?? null;
}

/** Say something of a stretch; the same again takes it back. */
export function toggleMark(span: Span & { path: string; label: string }, verdict: Verdict): void {
  const before = verdictOf(span);
  removeMark(span);
  if (before === verdict) return;
  const { recording_id, start_s, end_s, path, label } = span;
  marks.value = [...marks.value, { recording_id, start_s, end_s, path, label, verdict }];
}

/** Say "more like this" of several stretches at once. */
export function wantAll(spans: readonly (Span & { path: string; label: string })[]): void {
  const fresh = spans.filter((span) => verdictOf(span) === null);
  marks.value = [
    ...marks.value,
    ...fresh.map(({ recording_id, start_s, end_s, path, label }) => ({
      ...{ recording_id, start_s, end_s, path, label },
      verdict: "more" as const,
    })),
  ];
}

/** Take back what was said of a stretch. */
export function removeMark(span: Span): void {
  const key = spanKey(span);
  marks.value = marks.value.filter((mark) => spanKey(mark) !== key);
}

/** The marks as a set that the server keeps. */
export function setOfMarks(name: string, label: string): ExampleSet {
  const bare = ({ recording_id, start_s, end_s }: Span): Span => ({ recording_id, start_s, end_s });
  return { name, label, plus: wanted.value.map(bare), minus: unwanted.value.map(bare) };
}
