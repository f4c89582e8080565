import { getRecording } from "../api/calls";
import { explain } from "../api/problem";
import { tell } from "../state/notices";
import { askStored } from "../state/query";
import { go } from "../state/router";
import type { Points } from "./points";

/** Search with the sound of a point. */
export async function searchWith(points: Points, point: number): Promise<void> {
  const span = points.spanOf(point);
  try {
    const { path, duration_s } = await getRecording(span.recording_id);
    askStored({ ...span, end_s: Math.min(span.end_s, duration_s), path, duration_s });
    go("/");
  } catch (thrown) {
    tell(explain(thrown), "bad");
  }
}
