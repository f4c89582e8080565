/** What the filter fields hold. Empty text and null filter nothing. */
export interface Filters {
  labels: string[];
  folder: string;
  min_duration_s: number | null;
  max_duration_s: number | null;
  where: string;
}

export const NO_FILTERS: Filters = { labels: [], folder: "", min_duration_s: null, max_duration_s: null, where: "" };

/** The filter as SQL for the server's `where`; empty if nothing is filtered. */
export function whereOf(filters: Filters): string {
  const conditions: string[] = [];
  if (filters.labels.length > 0) conditions.push(`label IN (${filters.labels.map(quoted).join(", ")})`);
  const folder = filters.folder.trim();
  if (folder !== "") conditions.push(`folder ILIKE ${quoted(`%${folder}%`)}`);
  if (filters.min_duration_s !== null) conditions.push(`duration_s >= ${filters.min_duration_s}`);
  if (filters.max_duration_s !== null) conditions.push(`duration_s <= ${filters.max_duration_s}`);
  const own = filters.where.trim();
  if (own !== "") conditions.push(conditions.length > 0 ? `(${own})` : own);
  return conditions.join(" AND ");
}

/** How many of the fields filter something. */
export function numActive(filters: Filters): number {
  const { labels, folder, min_duration_s, max_duration_s, where } = filters;
  return [
    labels.length > 0,
    folder.trim() !== "",
    min_duration_s !== null,
    max_duration_s !== null,
    where.trim() !== "",
  ].filter(Boolean).length;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
