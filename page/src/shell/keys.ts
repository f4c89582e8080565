import { signal } from "@preact/signals";
import { stop } from "../sound/player";
import { remembered } from "../state/remembered";
import { go } from "../state/router";

export const isHelpOpen = signal(false);

/** Shortcuts of one letter can get in the way of speech input, so they can be switched off. */
export const shortcuts = remembered("soundalike-shortcuts", ["on", "off"], "on");

/** What the keys do everywhere, for the help. Keys of the result list are in its own file. */
export const GLOBAL_KEYS: readonly [string, string][] = [
  ["?", "This help"],
  ["1  2  3", "Search, map, library"],
  ["u", "Choose a file"],
  ["r", "Record; again to stop and search"],
  ["p", "Play the query, or stop it"],
  ["j", "To the results"],
  ["f", "To the filters"],
  ["Esc", "Silence; close what is open"],
];

const PAGES: Record<string, string> = { "1": "/", "2": "/map", "3": "/library" };

const TARGETS: Record<string, string> = {
  u: "[data-key=u]",
  r: "[data-key=r]",
  p: "[data-query-play]",
};

/** Listen to the keys that work everywhere. Returns what ends it. */
export function keepKeys(): () => void {
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    stop();
    return;
  }
  if (shortcuts.value === "off" || isTyping(event.target) || isHelpOpen.value) return;
  if (act(event.key)) event.preventDefault();
}

function act(key: string): boolean {
  const page = PAGES[key];
  if (page !== undefined) go(page);
  else if (key === "?") isHelpOpen.value = true;
  else if (key === "j") focusOn("[data-hit][tabindex='0']");
  else if (key === "f") openFilters();
  else if (TARGETS[key] !== undefined) document.querySelector<HTMLElement>(TARGETS[key])?.click();
  else return false;
  return true;
}

function openFilters(): void {
  const filters = document.querySelector<HTMLDetailsElement>("#filters");
  if (filters !== null) filters.open = true;
  focusOn("#filters summary");
}

function focusOn(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.focus();
}

/** Whether keys pressed here are text. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button", "range"].includes(target.type);
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
