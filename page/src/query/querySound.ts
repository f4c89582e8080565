import { audioAddress } from "../api/calls";
import { request } from "../api/request";
import type { Query, Part } from "../state/query";

/** A recording up to this length is drawn as a whole. */
const WHOLE_S = 90;
/** Of a longer one, so much is drawn before and after the part that was asked for. */
const AROUND_S = 15;

/** What is drawn of a query, and where in it that begins. */
export interface QuerySound {
  blob: Blob;
  offset_s: number;
}

/** The stretch of a stored recording that is drawn around a part of it. */
export function drawnStretch(duration_s: number, part: Part | null): Part {
  if (duration_s <= WHOLE_S) return { start_s: 0, end_s: duration_s };
  const asked = part ?? { start_s: 0, end_s: Math.min(duration_s, 2 * AROUND_S) };
  const start_s = Math.max(0, Math.floor(asked.start_s - AROUND_S));
  return { start_s, end_s: Math.min(duration_s, Math.ceil(asked.end_s + AROUND_S)) };
}

/** Fetch what is drawn of a query. */
export async function soundOf(query: Query, part: Part | null, signal: AbortSignal): Promise<QuerySound> {
  if (query.kind === "file") return { blob: query.blob, offset_s: 0 };
  const stretch = drawnStretch(query.duration_s, part);
  const response = await request(audioAddress({ recording_id: query.recording_id, ...stretch }), { signal });
  return { blob: await response.blob(), offset_s: stretch.start_s };
}
