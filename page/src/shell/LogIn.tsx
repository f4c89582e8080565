import { useState } from "preact/hooks";
import { logIn } from "../api/calls";
import { explain } from "../api/problem";
import { tokenWanted } from "../api/request";
import { refreshStatus } from "../state/status";

/** Asks for the token that the server was started with. */
export function LogIn() {
  const [complaint, setComplaint] = useState("");
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    try {
      await logIn(String(form.get("token")));
      tokenWanted.value = false;
      await refreshStatus();
    } catch (thrown) {
      setComplaint(explain(thrown));
    }
  };
  return (
    <form class="card log-in" onSubmit={(event) => void submit(event)}>
      <h1>This library wants a token</h1>
      <p>
        It is what <code>soundalike serve --token</code> was started with.
      </p>
      <label>
        Token
        <input name="token" type="password" autocomplete="current-password" required />
      </label>
      {complaint !== "" && (
        <p class="bad" role="alert">
          {complaint}
        </p>
      )}
      <button class="primary">Open the library</button>
    </form>
  );
}
