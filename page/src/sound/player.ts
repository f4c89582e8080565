import { signal } from "@preact/signals";
import { audioAddress } from "../api/calls";
import { explain } from "../api/problem";
import { request } from "../api/request";
import type { Span } from "../api/types";
import { spanKey } from "../state/marks";
import { tell } from "../state/notices";
import { claimSpeaker } from "./speaker";

/** The stretch that can be heard; null in silence. */
export const playing = signal<Span | null>(null);
/** How much of it has been heard, in [0, 1]. */
export const heard = signal(0);

const audio = new Audio();
audio.preload = "auto";
audio.addEventListener("ended", stop);
audio.addEventListener("error", () => void sayWhy());

/** Play a stretch of a recording from its beginning. */
export function play(span: Span): void {
  claimSpeaker(stop);
  playing.value = span;
  heard.value = 0;
  audio.src = audioAddress(span);
  // A newer stretch may take this one's place before it has begun; errors come as an event.
  audio.play().catch(() => undefined);
  requestAnimationFrame(follow);
}

/** Stop what is playing. */
export function stop(): void {
  audio.pause();
  playing.value = null;
  heard.value = 0;
}

/** Play a stretch, or stop it if it is the one that plays. */
export function togglePlay(span: Span): void {
  if (isPlaying(span)) stop();
  else play(span);
}

/** Whether this stretch can be heard. */
export function isPlaying(span: Span): boolean {
  return playing.value !== null && spanKey(playing.value) === spanKey(span);
}

function follow(): void {
  if (playing.value === null) return;
  if (audio.duration > 0 && Number.isFinite(audio.duration)) heard.value = audio.currentTime / audio.duration;
  requestAnimationFrame(follow);
}

async function sayWhy(): Promise<void> {
  const span = playing.peek();
  if (span === null) return;
  stop();
  try {
    await request(audioAddress(span));
    tell("This browser cannot play that sound.", "bad");
  } catch (thrown) {
    tell(explain(thrown), "bad");
  }
}
