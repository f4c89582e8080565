import { useEffect, useState } from "preact/hooks";
import { getMap, startMap } from "../api/calls";
import { explain } from "../api/problem";
import type { Progress } from "../api/types";
import { Empty } from "../shell/Empty";
import { count } from "../sound/format";
import { tell } from "../state/notices";
import { refreshStatus, status, window_s } from "../state/status";
import { MapView } from "./MapView";
import { readPoints, type Points } from "./points";

type State = "loading" | "none" | "computing" | { problem: string } | { points: Points };

/** The library as a map: sounds that are alike lie together. */
export function MapPage() {
  const [state, setState] = useState<State>("loading");
  const progress = status.value?.map ?? null;

  const look = async (): Promise<void> => {
    try {
      const map = await getMap();
      if (map.state === "ready") setState({ points: readPoints(map, window_s.value) });
      else setState(map.error ? { problem: map.error } : map.state);
    } catch (thrown) {
      setState({ problem: explain(thrown) });
    }
  };
  const isComputing = progress !== null;
  // Also when the computation ends, to fetch what it made.
  useEffect(() => void look(), [isComputing]);
  useEffect(() => {
    if (state !== "computing" || isComputing) return;
    const timer = setInterval(() => void look(), 1_000);
    return () => clearInterval(timer);
  }, [state, isComputing]);

  const begin = async (): Promise<void> => {
    try {
      await startMap();
      setState("computing");
      await refreshStatus();
    } catch (thrown) {
      tell(explain(thrown), "bad");
    }
  };

  const known = share(progress);
  if (typeof state === "object" && "points" in state) return <MapView points={state.points} />;
  return (
    <>
      <h1>Map</h1>
      <div aria-live="polite">
        {state === "loading" && <Empty title="Unfolding the map…" />}
        {typeof state === "object" && (
          <p class="problem" role="alert">
            {state.problem}
          </p>
        )}
        {state === "none" && (
          <Empty
            title="There is no map yet"
            text="It puts sounds that are alike next to each other. Drawing it takes a while, once; it is kept, and new recordings are added to it."
          >
            <button class="primary" onClick={() => void begin()}>
              Draw the map
            </button>
          </Empty>
        )}
        {state === "computing" && (
          <Empty title="Drawing the map…" text="You can go on searching meanwhile.">
            <progress aria-label="Map" {...(known === null ? {} : { value: known.done, max: known.total })} />
            {known !== null && (
              <p class="hint">
                {count(known.done)} of {count(known.total)}
              </p>
            )}
          </Empty>
        )}
      </div>
    </>
  );
}

/** How much of how much is done; null while the server cannot say how much there is to do. */
function share(progress: Progress | null): { done: number; total: number } | null {
  if (progress === null || progress.total === null || progress.total <= 1) return null;
  return { done: progress.done, total: progress.total };
}
