import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { pan, toMap, zoom, type Camera, type Place, type Size } from "./camera";
import { inside, nearest } from "./finding";
import type { Points } from "./points";

/** A press that moves less than this is a click. */
const CLICK_PX = 5;
/** So near a point counts as pointed at. */
const REACH_PX = 10;
const LASSO_STEP_PX = 4;
const WHEEL_SPEED = 0.0016;

interface Surroundings {
  points: Points;
  size: Signal<Size>;
  camera: Signal<Camera | null>;
  /** Whether a drag draws a lasso; with Shift it does in any case. */
  isLassoing: Signal<boolean>;
  onFocus: (point: number) => void;
  onSelect: (points: readonly number[]) => void;
}

/** What mouse, pen and fingers do on the map: a drag moves it, wheel and pinch zoom, a click plays, a lasso selects. */
export function usePointers(
  frame: RefObject<HTMLElement | null>,
  { points, size, camera, isLassoing, onFocus, onSelect }: Surroundings,
): { hover: Signal<number | null>; lasso: Signal<readonly Place[]> } {
  const hover = useSignal<number | null>(null);
  const lasso = useSignal<readonly Place[]>([]);

  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const down = new Map<number, Place>();
    let travelled_px = 0;
    let isDrawing = false;

    const placeOf = (event: PointerEvent | WheelEvent): Place => {
      const box = element.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const pointAt = (place: Place): number | null => {
      const seen = camera.value;
      if (seen === null) return null;
      return nearest(points, toMap(seen, size.value, place), REACH_PX / seen.scale);
    };
    const onDown = (event: PointerEvent): void => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      down.set(event.pointerId, placeOf(event));
      if (down.size === 1) {
        travelled_px = 0;
        isDrawing = isLassoing.value || event.shiftKey;
        lasso.value = isDrawing ? [placeOf(event)] : [];
      } else {
        isDrawing = false;
        lasso.value = [];
      }
    };
    const onMove = (event: PointerEvent): void => {
      const place = placeOf(event);
      const before = down.get(event.pointerId);
      if (before === undefined) {
        hover.value = event.pointerType === "mouse" ? pointAt(place) : null;
        return;
      }
      const by = { x: place.x - before.x, y: place.y - before.y };
      const seen = camera.value;
      if (seen === null) return;
      if (isDrawing) {
        if (Math.hypot(by.x, by.y) < LASSO_STEP_PX) return;
        lasso.value = [...lasso.value, place];
      } else if (down.size === 2) {
        const other = [...down.entries()].find(([id]) => id !== event.pointerId)?.[1] ?? place;
        const factor = apart(place, other) / Math.max(1, apart(before, other));
        const centre = { x: (place.x + other.x) / 2, y: (place.y + other.y) / 2 };
        camera.value = zoom(pan(seen, { x: by.x / 2, y: by.y / 2 }), size.value, centre, factor);
      } else if (travelled_px + Math.hypot(by.x, by.y) >= CLICK_PX) {
        camera.value = pan(seen, by);
      } else return;
      travelled_px += Math.hypot(by.x, by.y);
      hover.value = null;
      down.set(event.pointerId, place);
    };
    const onUp = (event: PointerEvent): void => {
      if (!down.delete(event.pointerId) || down.size > 0) return;
      const seen = camera.value;
      if (isDrawing && seen !== null && lasso.value.length > 2) {
        onSelect(
          inside(
            points,
            lasso.value.map((place) => toMap(seen, size.value, place)),
          ),
        );
        isLassoing.value = false;
      } else if (event.type === "pointerup" && travelled_px < CLICK_PX) {
        const point = pointAt(placeOf(event));
        if (point !== null) onFocus(point);
      }
      lasso.value = [];
      isDrawing = false;
    };
    const onLeave = (): void => {
      hover.value = null;
    };
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      if (camera.value === null) return;
      camera.value = zoom(camera.value, size.value, placeOf(event), Math.exp(-event.deltaY * WHEEL_SPEED));
    };
    const ending = new AbortController();
    const options = { signal: ending.signal };
    element.addEventListener("pointerdown", onDown, options);
    element.addEventListener("pointermove", onMove, options);
    element.addEventListener("pointerup", onUp, options);
    element.addEventListener("pointercancel", onUp, options);
    element.addEventListener("pointerleave", onLeave, options);
    element.addEventListener("wheel", onWheel, { ...options, passive: false });
    return () => ending.abort();
  }, [points]);

  return { hover, lasso };
}

const apart = (one: Place, other: Place): number => Math.hypot(one.x - other.x, one.y - other.y);
