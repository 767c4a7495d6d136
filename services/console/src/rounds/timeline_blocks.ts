/**
 * Draws what fills a row of the time-line: stops, tips, breaks, the end of the shift, and what is said of single
 * stops. Seen from far, stops run together into bars, so that a day of thousands is drawn in a few strokes.
 */
import { FONT } from "../map/pen";
import type { Layout } from "./timeline_layout";
import type { TimelineScene } from "./timeline_paint";
import type { Block, Row } from "./timeline_rows";
import { xOf } from "./timeline_scale";

const LETTER_ROOM_PX = 12;
// A drive between two stops that is drawn thinner than this is left out: one calm bar instead of a comb.
const FAR_GAP_PX = 1.6;

interface Bar {
  from: number;
  to: number;
  done: boolean;
  known: boolean;
}

export function text(ctx: CanvasRenderingContext2D, what: string, x: number, y: number, size: number, bold = false): void {
  ctx.font = `${bold ? 700 : 500} ${size}px ${FONT}`;
  ctx.textBaseline = "middle";
  ctx.fillText(what, x, y + 0.5);
}


export function paintBlocks(ctx: CanvasRenderingContext2D, scene: TimelineScene, row: Row, top: number): void {
  const { layout } = scene;
  const right = layout.scale.left + layout.scale.width;
  const middle = top + layout.rowPx / 2 - 0.5;
  const colour = scene.colourOf(row.round.vehicle);
  const marked = scene.effects.goesTo.size > 0 || scene.stop !== null || Object.keys(scene.locks).length > 0;
  const bars: Bar[] = [];
  for (const block of row.blocks) {
    const { from, to } = extent(layout, block);
    if (to < layout.scale.left || from > right) continue;
    if (block.kind !== "stop") paintOther(ctx, scene, block, from, to - from, middle);
    else addBar(bars, block, from, to);
  }
  for (const bar of bars) paintBar(ctx, bar, colour, middle, layout.rowPx - 5);
  if (!marked) return;
  for (const block of row.blocks) {
    if (block.stop === null) continue;
    const { from, to } = extent(layout, block);
    if (to < layout.scale.left || from > right) continue;
    paintStopMarks(ctx, scene, block.stop, from, to - from, middle, layout.rowPx - 5);
  }
}

function extent(layout: Layout, block: Block): { from: number; to: number } {
  const from = xOf(layout.scale, block.beginS);
  return { from, to: Math.max(from + 1, xOf(layout.scale, block.endS)) };
}

/** Joins a stop to the bar before it where they touch and are alike. */
function addBar(bars: Bar[], block: Block, from: number, to: number): void {
  const last = bars.at(-1);
  if (last && from - last.to < FAR_GAP_PX && last.done === block.done && last.known === block.known) last.to = Math.max(last.to, to);
  else bars.push({ from, to, done: block.done, known: block.known });
}

function paintBar(ctx: CanvasRenderingContext2D, bar: Bar, colour: string, middle: number, high: number): void {
  const height = bar.done ? Math.max(3, high * 0.3) : high;
  const width = bar.to - bar.from;
  ctx.globalAlpha = bar.done ? 0.6 : 1;
  if (bar.known) {
    ctx.fillStyle = colour;
    ctx.fillRect(bar.from, middle - height / 2, width, height);
  } else {
    // Nobody can tell when: hollow.
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.5;
    ctx.strokeRect(bar.from + 0.5, middle - height / 2 + 0.5, Math.max(1, width - 1), height - 1);
  }
  ctx.globalAlpha = 1;
}

/** A tip or a break. */
function paintOther(
  ctx: CanvasRenderingContext2D,
  scene: TimelineScene,
  block: Block,
  from: number,
  width: number,
  middle: number,
): void {
  const { layout, palette } = scene;
  const high = layout.rowPx - 5;
  ctx.fillStyle = block.kind === "tip" ? palette.quiet : palette.paper;
  ctx.globalAlpha = block.done ? 0.55 : 1;
  ctx.fillRect(from, middle - high / 2, width, high);
  ctx.strokeStyle = palette.quiet;
  ctx.lineWidth = 1;
  ctx.strokeRect(from + 0.5, middle - high / 2 + 0.5, Math.max(1, width - 1), high - 1);
  ctx.globalAlpha = 1;
  if (width < LETTER_ROOM_PX) return;
  ctx.fillStyle = block.kind === "tip" ? palette.paper : palette.ink;
  ctx.textAlign = "center";
  text(ctx, block.kind === "tip" ? "T" : "B", from + width / 2, middle, Math.min(13, high - 1), true);
}

/** What is said of one stop: that it would move, that it is locked, that it is selected. */
function paintStopMarks(
  ctx: CanvasRenderingContext2D,
  scene: TimelineScene,
  stop: string,
  from: number,
  width: number,
  middle: number,
  high: number,
): void {
  const { palette } = scene;
  const centre = from + width / 2;
  if (scene.effects.goesTo.has(stop)) {
    ctx.fillStyle = palette.halo;
    ctx.fillRect(from, middle - 4, width, 7);
    ctx.fillStyle = palette.move;
    ctx.fillRect(from, middle - 2.5, width, 4);
  }
  if (scene.locks[stop] !== undefined) {
    ctx.fillStyle = palette.ink;
    ctx.fillRect(centre - 3, middle - 1, 6, 5);
    ctx.strokeStyle = palette.ink;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.arc(centre, middle - 1, 2.4, Math.PI, 0);
    ctx.stroke();
  }
  if (scene.stop !== stop) return;
  ctx.strokeStyle = palette.halo;
  ctx.lineWidth = 5;
  ctx.strokeRect(from - 2.5, middle - high / 2 - 1, width + 5, high + 2);
  ctx.strokeStyle = palette.ink;
  ctx.lineWidth = 2.5;
  ctx.strokeRect(from - 2.5, middle - high / 2 - 1, width + 5, high + 2);
}

/** The end of the shift as a bracket, and what is driven after it hatched. */
export function paintShift(ctx: CanvasRenderingContext2D, scene: TimelineScene, row: Row, top: number): void {
  const { layout, palette } = scene;
  const end = xOf(layout.scale, row.round.shift_end_s);
  const finish = xOf(layout.scale, row.round.finish_s ?? row.round.shift_end_s);
  const [low, high] = [top + 2, top + layout.rowPx - 3];
  if (row.overtimeS > 0) {
    ctx.strokeStyle = palette.lose;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    for (let x = end + 3; x < finish + (high - low); x += 5) {
      ctx.moveTo(Math.min(x, finish), x > finish ? low + (x - finish) : low);
      ctx.lineTo(Math.max(end, x - (high - low)), x - (high - low) < end ? low + (x - end) : high);
    }
    ctx.stroke();
  }
  ctx.strokeStyle = palette.ink;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.moveTo(end - 4, low);
  ctx.lineTo(end, low);
  ctx.lineTo(end, high);
  ctx.lineTo(end - 4, high);
  ctx.stroke();
}
