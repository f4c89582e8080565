import { Icon } from "../shell/Icon";
import { counted } from "../sound/format";
import type { Distance, Per } from "../api/types";
import { distance, filterBy, filters, num_hits, per, skipSelf } from "../state/settings";
import { status } from "../state/status";
import { NO_FILTERS, numActive } from "../state/where";
import { LabelFilter } from "./LabelFilter";

/** What may be found, and how it is counted. */
export function Filters() {
  const active = numActive(filters.value);
  return (
    <details id="filters" class="card panel" open={matchMedia("(min-width: 60rem)").matches}>
      <summary>
        <h2>Filters</h2>
        {active > 0 && <span class="badge">{counted(active, "filter")}</span>}
      </summary>
      <LabelFilter />
      <label class="field">
        Folder contains
        <input
          type="search"
          value={filters.value.folder}
          placeholder="2024/may"
          onInput={(event) => filterBy({ folder: event.currentTarget.value })}
        />
      </label>
      <fieldset class="field pair">
        <legend>Recording is</legend>
        <Seconds
          name="at least"
          value={filters.value.min_duration_s}
          onChange={(min_duration_s) => filterBy({ min_duration_s })}
        />
        <Seconds
          name="at most"
          value={filters.value.max_duration_s}
          onChange={(max_duration_s) => filterBy({ max_duration_s })}
        />
      </fieldset>
      <label class="field">
        Only where
        <input
          type="text"
          class="code"
          spellcheck={false}
          autocapitalize="off"
          placeholder="recorded_at > timestamp '2024-05-01 00:00:00'"
          value={filters.value.where}
          onChange={(event) => filterBy({ where: event.currentTarget.value })}
        />
      </label>
      {active > 0 && (
        <button class="ghost small" onClick={() => (filters.value = NO_FILTERS)}>
          <Icon name="close" /> Clear the filters
        </button>
      )}
      <hr />
      <Choice
        title="Count"
        value={per.value}
        options={[
          ["span", "spans"],
          ["recording", "recordings"],
          ["window", "windows"],
        ]}
        onChange={(chosen: Per) => (per.value = chosen)}
      />
      <Choice
        title="Distance"
        value={distance.value ?? status.value?.encoder.distance ?? "cosine"}
        options={[
          ["cosine", "cosine"],
          ["euclidean", "euclidean"],
        ]}
        onChange={(chosen: Distance) => (distance.value = chosen)}
      />
      <label class="field line">
        How many
        <input
          type="number"
          min={1}
          max={1000}
          value={num_hits.value}
          onChange={(event) => {
            const asked = event.currentTarget.valueAsNumber;
            num_hits.value = Number.isFinite(asked) ? Math.min(1000, Math.max(1, Math.round(asked))) : 20;
          }}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={skipSelf.value}
          onChange={(event) => (skipSelf.value = event.currentTarget.checked)}
        />
        Leave the recordings of the examples out
      </label>
    </details>
  );
}

function Seconds(props: { name: string; value: number | null; onChange: (value: number | null) => void }) {
  return (
    <label>
      {props.name}
      <span class="unit">
        <input
          type="number"
          min={0}
          step="any"
          value={props.value ?? ""}
          onChange={(event) => {
            const typed = event.currentTarget.valueAsNumber;
            props.onChange(Number.isFinite(typed) && typed >= 0 ? typed : null);
          }}
        />{" "}
        s
      </span>
    </label>
  );
}

function Choice<T extends string>(props: {
  title: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (chosen: T) => void;
}) {
  return (
    <fieldset class="choice">
      <legend>{props.title}</legend>
      {props.options.map(([value, name]) => (
        <label key={value}>
          <input
            type="radio"
            name={props.title}
            checked={props.value === value}
            onChange={() => props.onChange(value)}
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  );
}
