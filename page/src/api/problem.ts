/** An answer that says why something did not work: an RFC 9457 problem document, or no answer at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(detail || title);
  }

  /** The server wants a token first. */
  get wantsToken(): boolean {
    return this.status === 401;
  }
}

/** What to tell a person about anything that was thrown. */
export function explain(thrown: unknown): string {
  if (thrown instanceof Problem) return thrown.message;
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Whether this is only the end of a request that nobody waits for any more. */
export function isAborted(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === "AbortError";
}

/** Read why an answer is a refusal. */
export async function problemOf(response: Response): Promise<Problem> {
  let title = response.statusText || `Status ${response.status}`;
  let detail = "";
  try {
    const document = (await response.json()) as { title?: unknown; detail?: unknown };
    if (typeof document.title === "string") title = document.title;
    if (typeof document.detail === "string") detail = document.detail;
  } catch {
    detail = `The server answered with status ${response.status}.`;
  }
  return new Problem(response.status, title, detail);
}
