import type { RecordingDetails } from "../api/types";
import { bytes, count } from "../sound/format";

/** Everything that is known of a recording. */
export function Facts({ recording }: { recording: RecordingDetails }) {
  const { size_bytes, sample_rate_hz, channels, also } = recording;
  const facts: [string, string | null | undefined][] = [
    ["File", recording.path],
    ["Also at", also.length > 0 ? also.join("\n") : null],
    ["Windows", count(recording.windows)],
    ["Format", recording.format],
    ["Sample rate", sample_rate_hz === undefined ? null : `${count(sample_rate_hz)} Hz`],
    ["Channels", channels === undefined ? null : String(channels)],
    ["Size", size_bytes === undefined ? null : bytes(size_bytes)],
    ["Recorded at", recording.recorded_at?.replace("T", " ")],
    ["Title", recording.title],
    ["Artist", recording.artist],
    ["Comment", recording.comment],
    ["Damage", recording.warning],
    ...Object.entries(recording)
      .filter(([name]) => name.startsWith("x_"))
      .map(([name, value]): [string, string | null] => [name.slice(2), value == null ? null : String(value)]),
  ];
  return (
    <section class="card panel" aria-labelledby="facts-title">
      <h2 id="facts-title">About this recording</h2>
      <dl class="facts">
        {facts.map(
          ([name, value]) =>
            value != null &&
            value !== "" && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </section>
  );
}
