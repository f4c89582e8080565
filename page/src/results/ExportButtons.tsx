import { exportClips } from "../api/calls";
import { explain } from "../api/problem";
import type { ClipFormat, Span } from "../api/types";
import { Icon } from "../shell/Icon";
import { tell } from "../state/notices";

const FORMATS: readonly { format: ClipFormat; name: string; file: string }[] = [
  { format: "csv", name: "CSV table", file: "clips.csv" },
  { format: "raven", name: "Raven selection table", file: "clips.selections.txt" },
  { format: "audacity", name: "Audacity labels", file: "clips.labels.txt" },
  { format: "m3u", name: "Playlist", file: "clips.m3u" },
];

/** Saves stretches as a file that other programs read. */
export function ExportButtons({ spans }: { spans: readonly Span[] }) {
  const save = async (chosen: (typeof FORMATS)[number]): Promise<void> => {
    try {
      saveAs(await exportClips([...spans], chosen.format), chosen.file);
    } catch (thrown) {
      tell(explain(thrown), "bad");
    }
  };
  return (
    <details class="menu">
      <summary>
        <Icon name="download" /> Export
      </summary>
      <ul>
        {FORMATS.map((one) => (
          <li key={one.format}>
            <button
              onClick={(event) => {
                event.currentTarget.closest("details")?.removeAttribute("open");
                void save(one);
              }}
            >
              {one.name}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function saveAs(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
