import { effect, signal } from "@preact/signals";
import { remembered } from "./remembered";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const theme = remembered<Theme>("soundalike-theme", THEMES, "auto");

/** Grows whenever the colours change, so that what is drawn on a canvas is drawn again. */
export const paint = signal(0);

/** Give the document the chosen theme, and follow the system's where nothing is chosen. */
export function keepTheme(): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const repaint = (): void => {
    paint.value = paint.peek() + 1;
  };
  system.addEventListener("change", repaint);
  const stop = effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
    repaint();
  });
  return () => {
    system.removeEventListener("change", repaint);
    stop();
  };
}

/** The colour that a custom property of the style sheet stands for right now, as `rgb(...)`. */
export function colourOf(property: `--${string}`): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
