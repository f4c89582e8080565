import { useEffect, useId, useState } from "preact/hooks";
import { Icon } from "../shell/Icon";
import { count } from "../sound/format";
import { filterBy, filters } from "../state/settings";
import { labels } from "../state/status";

/** So many labels are offered at once; typing finds the others. */
const SHOWN = 60;

/** Chooses labels by typing their beginning or from a list. */
export function LabelFilter() {
  const id = useId();
  const [typed, setTyped] = useState("");
  const chosen = filters.value.labels;
  const wanted = typed.trim().toLowerCase();
  const offered = labels.value
    .filter(({ label }) => !chosen.includes(label) && label.toLowerCase().includes(wanted))
    .slice(0, SHOWN);
  const add = (label: string): void => {
    if (!labels.value.some((one) => one.label === label) || chosen.includes(label)) return;
    filterBy({ labels: [...chosen, label] });
    setTyped("");
  };
  // Somebody may type faster than the labels come.
  useEffect(() => add(typed), [typed, labels.value]);
  return (
    <div class="field">
      <label for={id}>Label</label>
      <input
        id={id}
        type="search"
        list={`${id}-list`}
        placeholder={chosen.length > 0 ? "another label" : "any"}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => {
          const first = offered[0];
          if (event.key === "Enter" && first !== undefined && wanted !== "") add(first.label);
        }}
      />
      <datalist id={`${id}-list`}>
        {offered.map(({ label, recordings }) => (
          <option key={label} value={label}>
            {count(recordings)}
          </option>
        ))}
      </datalist>
      {chosen.length > 0 && (
        <ul class="chips" aria-label="Chosen labels">
          {chosen.map((label) => (
            <li key={label} class="chip">
              {label}
              <button
                class="icon-only"
                aria-label={`Remove the label ${label}`}
                onClick={() => filterBy({ labels: chosen.filter((one) => one !== label) })}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
