/** What part of the map is seen: the point in the middle of the picture, and how many pixels a unit has. */
export interface Camera {
  x: number;
  y: number;
  scale: number;
}

/** A picture's size, or a place in it, in pixels from the upper left corner. */
export interface Size {
  width: number;
  height: number;
}

export interface Place {
  x: number;
  y: number;
}

const MARGIN = 1.08;

/** The camera that shows everything between two corners. */
export function fit(low: Place, high: Place, size: Size): Camera {
  const span = (from: number, to: number): number => Math.max(to - from, 1e-6) * MARGIN;
  const scale = Math.min(size.width / span(low.x, high.x), size.height / span(low.y, high.y));
  return { x: (low.x + high.x) / 2, y: (low.y + high.y) / 2, scale };
}

/** Where a point of the map is in the picture; up on the map is up. */
export function toPicture(camera: Camera, size: Size, point: Place): Place {
  return {
    x: (point.x - camera.x) * camera.scale + size.width / 2,
    y: (camera.y - point.y) * camera.scale + size.height / 2,
  };
}

/** Which point of the map is at a place of the picture. */
export function toMap(camera: Camera, size: Size, place: Place): Place {
  return {
    x: (place.x - size.width / 2) / camera.scale + camera.x,
    y: camera.y - (place.y - size.height / 2) / camera.scale,
  };
}

/** Move what is seen with a drag of so many pixels. */
export function pan(camera: Camera, by: Place): Camera {
  return { ...camera, x: camera.x - by.x / camera.scale, y: camera.y + by.y / camera.scale };
}

/** Come nearer by a factor, or go away; what is at `place` stays there. */
export function zoom(camera: Camera, size: Size, place: Place, factor: number): Camera {
  const fixed = toMap(camera, size, place);
  const scale = camera.scale * factor;
  return {
    x: fixed.x - (place.x - size.width / 2) / scale,
    y: fixed.y + (place.y - size.height / 2) / scale,
    scale,
  };
}
