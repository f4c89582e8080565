/** What the server answers; the same documents as the command line's `--json`. */

export type Distance = "euclidean" | "cosine";
export type Per = "span" | "recording" | "window";

/** A stretch of a stored recording, in seconds. */
export interface Span {
  recording_id: string;
  start_s: number;
  end_s: number;
}

export interface Hit extends Span {
  rank: number;
  path: string;
  also: string[];
  distance: number;
  similarity: number | null;
  label: string;
  is_query: boolean;
  duration_s: number;
  title: string | null;
  artist: string | null;
  comment: string | null;
  recorded_at: string | null;
}

export interface SearchResult {
  query: string;
  distance: Distance;
  exact: boolean;
  hits: Hit[];
}

export interface Recording {
  recording_id: string;
  path: string;
  label: string;
  duration_s: number;
}

/** A recording with everything that is known of it. */
export interface RecordingDetails extends Recording {
  also: string[];
  windows: number;
  sample_rate_hz?: number;
  channels?: number;
  format?: string;
  size_bytes?: number;
  recorded_at?: string | null;
  title?: string | null;
  artist?: string | null;
  comment?: string | null;
  warning?: string | null;
  /** Columns of a table of the user's own. */
  [own: `x_${string}`]: string | number | null | undefined;
}

export interface Recordings {
  total: number;
  recordings: Recording[];
}

export interface Neighbours {
  windows: { start_s: number; end_s: number; hits: Hit[] }[];
}

export interface Label {
  label: string;
  recordings: number;
  windows: number;
}

/** How far an index run, or the computation of the map, has come. */
export interface Progress {
  done: number;
  total: number | null;
  rate_per_s?: number | null;
  recordings?: number;
  skipped?: number;
}

export interface Status {
  /** What the library is called. */
  name?: string;
  recordings: number;
  windows: number;
  audio_s: number;
  size_bytes: number;
  skipped: { path: string; reason: string }[];
  warnings: { path: string; warning: string }[];
  silent: string[];
  missing: string[];
  roots: { name: string; path: string; online: boolean; recordings: number }[];
  encoder: { name: string; window_s: number; sample_rate_hz: number; dim: number; distance: Distance };
  index: { kind: string; hop_s: number };
  indexing: Progress | null;
  map: Progress | null;
}

export interface LibraryMap {
  state: "ready" | "computing" | "none";
  /** Why the map could not be computed, if it could not. */
  error?: string | null;
  points: { x: number[]; y: number[]; recording: number[]; start_s: number[]; label: number[] };
  recordings: { recording_id: string; path: string }[];
  labels: string[];
}

/** A stretch of a recording, or all of it where there are no times. */
export interface StoredExample {
  recording_id: string;
  start_s: number | null;
  end_s: number | null;
}

/** Examples of what is wanted and what is not, under a name. */
export interface ExampleSet {
  name: string;
  plus: StoredExample[];
  minus: StoredExample[];
  label: string;
}

export type ClipFormat = "csv" | "raven" | "audacity" | "m3u";
