import { serverReached } from "../api/request";
import { counted, length } from "../sound/format";
import { route, type Route } from "../state/router";
import { status, trouble } from "../state/status";
import { THEMES, theme, type Theme } from "../state/theme";
import { Icon } from "./Icon";
import { isHelpOpen } from "./keys";

const PAGES: { page: Route["page"]; address: string; name: string }[] = [
  { page: "search", address: "/", name: "Search" },
  { page: "map", address: "/map", name: "Map" },
  { page: "library", address: "/library", name: "Library" },
];

const THEME_NAMES: Record<Theme, string> = { auto: "as the system", light: "light", dark: "dark" };

/** The name, the ways to the pages, and what goes for all of them. */
export function Header() {
  return (
    <header class="top">
      <a class="brand" href="/" aria-label="soundalike, search">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path class="one" d="M6 13v6M11 9v14M16 12v8" />
          <path class="two" d="M21 9v14M26 13v6" />
        </svg>
        <span>soundalike</span>
      </a>
      <nav aria-label="Pages">
        {PAGES.map(({ page, address, name }) => (
          <a key={page} href={address} aria-current={route.value.page === page ? "page" : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <p class="library-line" role="status">
        <LibraryLine />
      </p>
      <ThemeSwitch />
      <button
        class="ghost icon-only"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        onClick={() => (isHelpOpen.value = true)}
      >
        <Icon name="keyboard" />
      </button>
    </header>
  );
}

function LibraryLine() {
  const now = status.value;
  if (!serverReached.value) return <strong class="bad">The server does not answer</strong>;
  if (trouble.value !== null) return <strong class="bad">The library cannot be read</strong>;
  if (now === null) return <span class="pulse">…</span>;
  const { indexing } = now;
  return (
    <>
      {now.name !== undefined && <span class="library-name">{now.name}</span>}
      <span>
        {counted(now.recordings, "recording")}, {length(now.audio_s)}
      </span>
      {indexing !== null && <a href="/library">indexing {progressText(indexing.done, indexing.total)}</a>}
    </>
  );
}

/** "12 of 80", or "12" while nobody knows of how many. */
export function progressText(done: number, total: number | null): string {
  return total === null ? String(done) : `${done} of ${total}`;
}

function ThemeSwitch() {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "auto";
  const icon = theme.value === "auto" ? "auto" : theme.value === "light" ? "sun" : "moon";
  return (
    <button
      class="ghost icon-only"
      aria-label={`Colours: ${THEME_NAMES[theme.value]}. Change to ${THEME_NAMES[next]}`}
      title={`Colours: ${THEME_NAMES[theme.value]}`}
      onClick={() => (theme.value = next)}
    >
      <Icon name={icon} />
    </button>
  );
}
