/** One sound at a time: who begins to play tells how to stop it, and silences who played before. */

let silence: (() => void) | null = null;

export function claimSpeaker(stop: () => void): void {
  if (silence !== stop) silence?.();
  silence = stop;
}
