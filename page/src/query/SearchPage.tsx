import { MarksPanel } from "../marks/MarksPanel";
import { Filters } from "../results/Filters";
import { ResultList } from "../results/ResultList";
import { marks } from "../state/marks";
import { query } from "../state/query";
import { AskCard } from "./AskCard";
import { CurrentQuery } from "./QueryCard";

/** Search by a sound: the query, what is like it, and what may be found at all. */
export function SearchPage() {
  const isAsked = query.value !== null || marks.value.length > 0;
  return (
    <div class="search-page">
      <div class="main-column">
        {query.value === null ? <AskCard /> : <CurrentQuery />}
        {isAsked && <ResultList />}
      </div>
      <aside class="side-column" aria-label="Filters and marks">
        <Filters />
        <MarksPanel />
      </aside>
    </div>
  );
}
