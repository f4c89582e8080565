import { useSignal } from "@preact/signals";
import { putSet } from "../api/calls";
import { explain } from "../api/problem";
import { counted } from "../sound/format";
import { marks, setOfMarks, wanted } from "../state/marks";
import { tell } from "../state/notices";
import { refreshSets } from "./sets";

/** Gives the marks a name under which the server keeps them, and the label they have in a manifest. */
export function SaveMarks() {
  const isSaving = useSignal(false);
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const name = String(form.get("name")).trim();
    const label = String(form.get("label")).trim() || (wanted.value[0]?.label ?? name);
    isSaving.value = true;
    try {
      await putSet(setOfMarks(name, label));
      await refreshSets();
      tell(`Saved “${name}”: ${counted(marks.value.length, "example")}.`);
    } catch (thrown) {
      tell(explain(thrown), "bad");
    }
    isSaving.value = false;
  };
  return (
    <form class="save-marks" onSubmit={(event) => void save(event)}>
      <h3>Keep these examples</h3>
      <label class="field">
        Name of the set
        <input
          name="name"
          required
          maxLength={80}
          pattern="[^\/\\\\]+"
          title="A name without slashes"
          placeholder="barking dogs"
        />
      </label>
      <label class="field">
        Label in a manifest
        <input name="label" maxLength={80} placeholder={wanted.value[0]?.label ?? "the set's name"} />
      </label>
      <button class="secondary" disabled={isSaving.value}>
        Save the set
      </button>
    </form>
  );
}
