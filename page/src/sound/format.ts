/** A time as people read it: 7.5 s is "0:07.5", two hours are "2:00:00". */
export function clock(time_s: number, decimals = 1): string {
  const scale = 10 ** decimals;
  const ticks = Math.round(Math.max(0, time_s) * scale);
  const whole_s = Math.floor(ticks / scale);
  const seconds = whole_s % 60;
  const minutes = Math.floor(whole_s / 60) % 60;
  const hours = Math.floor(whole_s / 3600);
  const fraction =
    ticks % scale === 0
      ? ""
      : `.${String(ticks % scale)
          .padStart(decimals, "0")
          .replace(/0+$/, "")}`;
  const tail = `${String(seconds).padStart(2, "0")}${fraction}`;
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** From where to where a stretch goes. */
export function clockSpan(span: { start_s: number; end_s: number }): string {
  return `${clock(span.start_s)}–${clock(span.end_s)}`;
}

/** A length in words: "6 s", "12 min", "3.5 hours". */
export function length(duration_s: number): string {
  if (duration_s < 10) return `${Number(duration_s.toFixed(1))} s`;
  if (duration_s < 90) return `${Math.round(duration_s)} s`;
  if (duration_s < 90 * 60) return `${Math.round(duration_s / 60)} min`;
  const hours = duration_s / 3600;
  return `${hours < 10 ? Number(hours.toFixed(1)) : count(Math.round(hours))} hours`;
}

/** A number with separators: 12,345. */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** A number and its noun: "1 recording", "2 recordings". */
export function counted(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** A size of a file: "1.2 MB". */
export function bytes(size_bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = size_bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : Number(size.toPrecision(3))} ${units[unit]}`;
}

/** The name of a file, without its folders. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

/** The last folders of a path, without the file's name. */
export function folderName(path: string, depth = 2): string {
  const folders = path
    .split(/[\\/]/)
    .slice(0, -1)
    .filter((one) => one !== "");
  return (folders.length > depth ? "…/" : "") + folders.slice(-depth).join("/");
}
