import { signal } from "@preact/signals";
import type { Span } from "../api/types";

/** A part of the query, in seconds from the beginning of its sound. */
export interface Part {
  start_s: number;
  end_s: number;
}

/** A sound from outside: a file, or what the microphone heard. */
export interface FileQuery {
  kind: "file";
  blob: Blob;
  name: string;
}

/** A recording of the library. */
export interface StoredQuery {
  kind: "recording";
  recording_id: string;
  path: string;
  duration_s: number;
}

export type Query = FileQuery | StoredQuery;

/** What is being searched for; null on a fresh page. */
export const query = signal<Query | null>(null);

/** The part of it that is searched with; null for all of it. */
export const part = signal<Part | null>(null);

/** Search with a file. */
export function askFile(blob: Blob, name: string): void {
  part.value = null;
  query.value = { kind: "file", blob, name };
}

/** Search with a stretch of a stored recording. */
export function askStored(stretch: Span & { path: string; duration_s: number }): void {
  const { recording_id, path, duration_s, start_s, end_s } = stretch;
  const isWhole = start_s <= 0 && end_s >= duration_s;
  part.value = isWhole ? null : { start_s, end_s };
  query.value = { kind: "recording", recording_id, path, duration_s };
}

/** Search for nothing. */
export function clearQuery(): void {
  part.value = null;
  query.value = null;
}
