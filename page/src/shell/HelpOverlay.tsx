import { useEffect, useRef } from "preact/hooks";
import { MAP_KEYS } from "../map/mapKeys";
import { HIT_KEYS } from "../results/hitKeys";
import { GLOBAL_KEYS, isHelpOpen, shortcuts } from "./keys";

/** All keys, in a dialogue. */
export function HelpOverlay() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isHelpOpen.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isHelpOpen.value]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={() => (isHelpOpen.value = false)}>
      <h2 id="help-title">Keys</h2>
      <div class="help-columns">
        <Keys title="Everywhere" keys={GLOBAL_KEYS} />
        <Keys title="In the results" keys={HIT_KEYS} />
        <Keys title="On the map" keys={MAP_KEYS} />
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={shortcuts.value === "on"}
          onChange={(event) => (shortcuts.value = event.currentTarget.checked ? "on" : "off")}
        />
        Shortcuts of a single letter
      </label>
      <p class="hint">
        <a href="/docs">The API behind this page</a>. <a href="/licences.txt">Licences</a> of what it is made of.
      </p>
      <button class="primary" autofocus onClick={() => (isHelpOpen.value = false)}>
        Close
      </button>
    </dialog>
  );
}

function Keys({ title, keys }: { title: string; keys: readonly (readonly [string, string])[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              {key.split("  ").map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
