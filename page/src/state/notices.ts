import { signal } from "@preact/signals";

export interface Notice {
  id: number;
  kind: "good" | "bad";
  text: string;
}

const SHOWN_MS = 6_000;

export const notices = signal<readonly Notice[]>([]);

let count = 0;

/** Tell a person something for some seconds. */
export function tell(text: string, kind: Notice["kind"] = "good"): void {
  const id = ++count;
  notices.value = [...notices.value.filter((one) => one.text !== text), { id, kind, text }];
  setTimeout(() => dismiss(id), SHOWN_MS);
}

/** Take a notice away. */
export function dismiss(id: number): void {
  notices.value = notices.value.filter((one) => one.id !== id);
}
