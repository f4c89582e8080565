import { SpanPicture } from "../sound/SpanPicture";
import { clockSpan, fileName } from "../sound/format";
import type { Place, Size } from "./camera";
import type { Points } from "./points";

/** What the point under the mouse stands for. */
export function PointTip(props: { points: Points; point: number; at: Place; size: Size }) {
  const { points, point, at, size } = props;
  const span = points.spanOf(point);
  const side = at.x > size.width / 2 ? "left" : "right";
  return (
    <div
      class={`tip ${side}`}
      style={{ left: `${at.x}px`, top: `${Math.min(Math.max(at.y, 60), size.height - 60)}px` }}
    >
      <SpanPicture span={span} />
      <b>{fileName(points.pathOf(point))}</b>
      <span>
        {points.labels[points.label[point] ?? 0]?.name} <small>{clockSpan(span)}</small>
      </span>
    </div>
  );
}
