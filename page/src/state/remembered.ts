import { effect, signal, type Signal } from "@preact/signals";

/** A choice that this browser remembers, one of a few words. */
export function remembered<T extends string>(name: string, allowed: readonly T[], usual: T): Signal<T> {
  const stored = read(name);
  const choice = signal(allowed.find((one) => one === stored) ?? usual);
  effect(() => write(name, choice.value));
  return choice;
}

// A browser may refuse storage, in private windows for example; then nothing is remembered.
function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // See above.
  }
}
