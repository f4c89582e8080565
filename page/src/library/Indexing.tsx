import type { Progress } from "../api/types";
import { count, counted } from "../sound/format";

/** How far an index run has come; the page asks again every second. */
export function Indexing({ progress }: { progress: Progress }) {
  const { done, total, rate_per_s, skipped } = progress;
  return (
    <section class="card indexing" aria-label="Index run">
      <h2>Indexing</h2>
      <progress aria-label="Files indexed" {...(total === null ? {} : { value: done, max: Math.max(1, total) })} />
      <p class="hint" role="status">
        {total === null ? counted(done, "file") : `${count(done)} of ${counted(total, "file")}`}
        {rate_per_s != null && `, ${rate_per_s < 10 ? rate_per_s.toFixed(1) : count(Math.round(rate_per_s))} a second`}
        {skipped !== undefined && skipped > 0 && `, ${count(skipped)} could not be read`}
      </p>
    </section>
  );
}
