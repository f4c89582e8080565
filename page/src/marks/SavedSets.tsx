import { useEffect } from "preact/hooks";
import { manifestAddress } from "../api/calls";
import { explain } from "../api/problem";
import { Icon } from "../shell/Icon";
import { counted } from "../sound/format";
import { tell } from "../state/notices";
import { dropSet, refreshSets, sets, useSet } from "./sets";

/** The saved sets: search with one, take its manifest, or forget it. */
export function SavedSets() {
  useEffect(() => {
    void attempt(refreshSets);
  }, []);
  if (sets.value === null || sets.value.length === 0) return null;
  return (
    <>
      <h3>Saved sets</h3>
      <ul class="sets">
        {sets.value.map(({ name, examples }) => (
          <li key={name}>
            <button class="link" title="Search with these examples" onClick={() => void attempt(() => useSet(name))}>
              {name}
            </button>
            <small>{counted(examples, "example")}</small>
            <a
              class="button ghost icon-only"
              href={manifestAddress(name)}
              download={`${name}.csv`}
              aria-label={`Manifest of ${name} for training`}
              title="Manifest for soundalike train (CSV)"
            >
              <Icon name="download" />
            </a>
            <button
              class="ghost icon-only"
              aria-label={`Forget the set ${name}`}
              title="Forget this set"
              onClick={() => {
                if (confirm(`Forget the set “${name}”?`)) void attempt(() => dropSet(name));
              }}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

async function attempt(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (thrown) {
    tell(explain(thrown), "bad");
  }
}
