/** Where the parts of the time-line stand, and which row or visit is at a place. Pure arithmetic. */
import type { Block, Row } from "./timeline_rows";
import { timeOf, xOf, type TimeScale } from "./timeline_scale";

export const AXIS_PX = 30;
export const GUTTER_PX = 168;
export const FINISH_PX = 104;
const LEAST_ROW_PX = 17;
const MOST_ROW_PX = 34;
/** A stop narrower than this is still hit within so many pixels. */
const REACH_PX = 5;

export interface Layout {
  width: number;
  height: number;
  rowPx: number;
  offsetY: number;
  scale: TimeScale;
}

export function rowHeight(height: number, rows: number): number {
  return Math.min(MOST_ROW_PX, Math.max(LEAST_ROW_PX, (height - AXIS_PX) / Math.max(1, rows)));
}

/** How far down the rows can be moved. */
export function mostOffset(layout: Layout, rows: number): number {
  return Math.max(0, rows * layout.rowPx - (layout.height - AXIS_PX));
}

export function rowTop(layout: Layout, index: number): number {
  return AXIS_PX + index * layout.rowPx - layout.offsetY;
}

export function rowAt<T>(layout: Layout, rows: readonly T[], y: number): T | null {
  if (y < AXIS_PX) return null;
  return rows[Math.floor((y - AXIS_PX + layout.offsetY) / layout.rowPx)] ?? null;
}

export function inPlot(layout: Layout, x: number): boolean {
  return x >= layout.scale.left && x <= layout.scale.left + layout.scale.width;
}

/** The visit at a place in a row, or the nearest within reach. */
export function blockAt(layout: Layout, row: Row, x: number): Block | null {
  if (!inPlot(layout, x)) return null;
  let best: Block | null = null;
  let bestDistance = REACH_PX;
  for (const block of row.blocks) {
    const [from, to] = [xOf(layout.scale, block.beginS), xOf(layout.scale, block.endS)];
    const distance = x < from ? from - x : x > to ? x - to : 0;
    if (distance < bestDistance || (distance === 0 && best === null)) {
      best = block;
      bestDistance = distance;
    }
    if (from > x + REACH_PX) break;
  }
  return best;
}

export function timeAt(layout: Layout, x: number): number {
  return timeOf(layout.scale, x);
}
