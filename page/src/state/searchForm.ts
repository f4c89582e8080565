import type { Distance, Per, Span } from "../api/types";
import { spanKey } from "./marks";
import type { Part, Query } from "./query";

/** Everything that an answer depends on. */
export interface Question {
  query: Query | null;
  part: Part | null;
  wanted: readonly Span[];
  unwanted: readonly Span[];
  num_hits: number;
  per: Per;
  distance: Distance | null;
  skipSelf: boolean;
  where: string;
}

/**
 * The form that the server's search wants.
 *
 * Without a query the first wanted example stands for it. Returns null where there is nothing to search with.
 */
export function searchForm(question: Question): FormData | null {
  const { query, part, wanted, unwanted } = question;
  const form = new FormData();
  let plus = wanted;
  if (query !== null) {
    if (query.kind === "file") form.append("file", query.blob, query.name);
    else form.append("recording", query.recording_id);
    if (part !== null) {
      form.append("start_s", String(part.start_s));
      form.append("end_s", String(part.end_s));
    }
  } else {
    const [first, ...others] = wanted;
    if (first === undefined) return null;
    form.append("recording", spanKey(first));
    plus = others;
  }
  for (const span of plus) form.append("plus", spanKey(span));
  for (const span of unwanted) form.append("minus", spanKey(span));
  form.append("k", String(question.num_hits));
  form.append("per", question.per);
  if (question.distance !== null) form.append("distance", question.distance);
  if (question.skipSelf) form.append("skip_self", "true");
  if (question.where !== "") form.append("where", question.where);
  return form;
}
