import type { Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { Part } from "../state/query";
import type { View } from "./ruler";

/** A press that moves less than this is a click. */
const CLICK_PX = 5;

/** On the strip a drag of the mouse takes a part, a click plays from there; a finger's drag scrolls. */
export function useStripPointers(
  frame: RefObject<HTMLElement | null>,
  view: Signal<View>,
  part: Signal<Part | null>,
  onClick: (time_s: number) => void,
): void {
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    let from_px: number | null = null;
    let isDrag = false;

    const contentPx = (event: PointerEvent): number =>
      event.clientX - element.getBoundingClientRect().left + element.scrollLeft;
    const time = (at_px: number): number =>
      Math.min(view.value.duration_s, Math.max(0, Math.round((at_px / view.value.pxPerSecond) * 100) / 100));
    const isOnScrollbar = (event: PointerEvent): boolean =>
      event.clientY > element.getBoundingClientRect().top + element.clientHeight;

    const onDown = (event: PointerEvent): void => {
      if (event.button !== 0 || isOnScrollbar(event)) return;
      from_px = contentPx(event);
      isDrag = false;
      if (event.pointerType === "mouse") element.setPointerCapture(event.pointerId);
    };
    const onMove = (event: PointerEvent): void => {
      if (from_px === null) return;
      const to_px = contentPx(event);
      if (Math.abs(to_px - from_px) >= CLICK_PX) isDrag = true;
      if (!isDrag || event.pointerType !== "mouse") return;
      part.value = { start_s: time(Math.min(from_px, to_px)), end_s: time(Math.max(from_px, to_px)) };
    };
    const onUp = (event: PointerEvent): void => {
      if (from_px !== null && !isDrag && event.type === "pointerup") onClick(time(from_px));
      from_px = null;
    };
    const ending = new AbortController();
    const options = { signal: ending.signal };
    element.addEventListener("pointerdown", onDown, options);
    element.addEventListener("pointermove", onMove, options);
    element.addEventListener("pointerup", onUp, options);
    element.addEventListener("pointercancel", onUp, options);
    return () => ending.abort();
  }, []);
}
