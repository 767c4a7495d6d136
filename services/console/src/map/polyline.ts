/** Points along a drawn line, in pixels. Pure arithmetic; never draws. */

export interface Point {
  x: number;
  y: number;
}

export type Points = Point[];

export function lengthOf(points: Points): number {
  let total = 0;
  for (let i = 1; i < points.length; i += 1) total += distance(points[i - 1], points[i]);
  return total;
}

function distance(a: Point | undefined, b: Point | undefined): number {
  return a && b ? Math.hypot(b.x - a.x, b.y - a.y) : 0;
}

/** The point at `part` of the way. */
export function along(points: Points, part: number): Point | null {
  let left = lengthOf(points) * part;
  for (let i = 1; i < points.length; i += 1) {
    const a = points[i - 1];
    const b = points[i];
    const step = distance(a, b);
    if (a && b && step >= left) {
      const f = step > 0 ? left / step : 0;
      return { x: a.x + (b.x - a.x) * f, y: a.y + (b.y - a.y) * f };
    }
    left -= step;
  }
  return points.at(-1) ?? null;
}

/** The way without its last `cut` pixels, where the arrowhead sits. */
export function shortened(points: Points, cut: number): Points {
  const total = lengthOf(points);
  if (total <= cut) return points;
  const kept: Points = [];
  let left = total - cut;
  for (const [i, point] of points.entries()) {
    const step = i === 0 ? 0 : distance(points[i - 1], point);
    if (step > left) break;
    left -= step;
    kept.push(point);
  }
  const end = along(points, (total - cut) / total);
  return end ? [...kept, end] : kept;
}
