import { signal, type Signal } from "@preact/signals";
import { wholeAudioAddress } from "../api/calls";
import { claimSpeaker } from "../sound/speaker";
import { tell } from "../state/notices";

/** A whole recording to be played from anywhere; only what is played is fetched. */
export interface WholeSound {
  isPlaying: Signal<boolean>;
  time_s: Signal<number>;
  playFrom(time_s: number): void;
  pause(): void;
  close(): void;
}

/** Open the sound of a recording. */
export function openWholeSound(id: string): WholeSound {
  const audio = new Audio();
  audio.preload = "none";
  audio.src = wholeAudioAddress(id);
  const isPlaying = signal(false);
  const time_s = signal(0);
  const pause = (): void => audio.pause();
  const follow = (): void => {
    time_s.value = audio.currentTime;
    if (isPlaying.value) requestAnimationFrame(follow);
  };
  audio.addEventListener("play", () => {
    isPlaying.value = true;
    follow();
  });
  audio.addEventListener("pause", () => (isPlaying.value = false));
  audio.addEventListener("ended", () => (isPlaying.value = false));
  audio.addEventListener("seeked", follow);
  audio.addEventListener("error", () => {
    isPlaying.value = false;
    if (audio.getAttribute("src") !== null) tell("This recording cannot be played. Is its disk connected?", "bad");
  });
  return {
    isPlaying,
    time_s,
    pause,
    playFrom(from_s) {
      claimSpeaker(pause);
      audio.currentTime = time_s.value = from_s;
      audio.play().catch(() => undefined);
    },
    close() {
      pause();
      audio.removeAttribute("src");
      audio.load();
    },
  };
}
