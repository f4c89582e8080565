import { signal } from "@preact/signals";
import { Problem, isAborted, problemOf } from "./problem";

/** Whether the server has asked for its token; the page then shows the form for it. */
export const tokenWanted = signal(false);

/** Whether the last request got an answer at all. */
export const serverReached = signal(true);

/**
 * Ask the server.
 *
 * Throws a `Problem` for every refusal, so that what is returned is always a good answer.
 */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (thrown) {
    if (isAborted(thrown)) throw thrown;
    serverReached.value = false;
    throw new Problem(0, "No answer", "The server does not answer. Is soundalike serve still running?");
  }
  serverReached.value = true;
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.wantsToken) tokenWanted.value = true;
  throw problem;
}

/** Ask the server for a JSON document. */
export async function requestJson<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await request(path, init);
  return (await response.json()) as T;
}

/** The options of a request that sends a JSON document. */
export function sendJson(method: "POST" | "PUT", body: unknown): RequestInit {
  return { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}
