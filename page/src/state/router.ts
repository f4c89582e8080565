import { signal } from "@preact/signals";

export type Route =
  | { page: "search" }
  | { page: "map" }
  | { page: "library" }
  | { page: "recording"; id: string; at_s: number | null }
  | { page: "unknown" };

export const route = signal<Route>({ page: "search" });

/** What an address of this page means. */
export function parseAddress(pathname: string, search = ""): Route {
  const parts = pathname.split("/").filter((one) => one !== "");
  if (parts.length === 0) return { page: "search" };
  if (parts.length === 1 && (parts[0] === "map" || parts[0] === "library")) return { page: parts[0] };
  if (parts.length === 2 && parts[0] === "recordings") {
    const at = Number.parseFloat(new URLSearchParams(search).get("at") ?? "");
    return { page: "recording", id: decodeURIComponent(parts[1] ?? ""), at_s: Number.isFinite(at) ? at : null };
  }
  return { page: "unknown" };
}

/** The address of a recording's own page, opened at a time. */
export function recordingPage(id: string, at_s?: number): string {
  const address = `/recordings/${encodeURIComponent(id)}`;
  return at_s === undefined ? address : `${address}?at=${Number(at_s.toFixed(2))}`;
}

/** Go to an address of this page. */
export function go(address: string): void {
  history.pushState(null, "", address);
  follow();
  scrollTo(0, 0);
}

/** Follow the browser's address, its back button, and links that stay on this page. Returns what ends it. */
export function keepRoute(): () => void {
  follow();
  addEventListener("popstate", follow);
  document.addEventListener("click", onClick);
  return () => {
    removeEventListener("popstate", follow);
    document.removeEventListener("click", onClick);
  };
}

function follow(): void {
  route.value = parseAddress(location.pathname, location.search);
}

function onClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link === null || link.target !== "" || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (parseAddress(link.pathname).page === "unknown" || link.hash !== "") return;
  event.preventDefault();
  go(link.pathname + link.search);
}
