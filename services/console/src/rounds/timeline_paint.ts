/**
 * Draws the time-line on a canvas: one row a vehicle, its stops, tips and breaks, its load and its finish.
 * Done stops are thin, tips are filled squares with a T, breaks hatched with a B: never by colour alone.
 * Never knows the model; everything comes in.
 */
import type { Palette } from "../map/palette";
import { FONT } from "../map/pen";
import { words } from "../words/catalogue";
import { dayTime, hoursMinutes } from "./day_clock";
import type { Effects } from "./option_effects";
import { AXIS_PX, FINISH_PX, GUTTER_PX, rowTop, type Layout } from "./timeline_layout";
import { paintBlocks, paintShift, text } from "./timeline_blocks";
import type { Row } from "./timeline_rows";
import { tickStepS, xOf } from "./timeline_scale";

export interface TimelineScene {
  rows: readonly Row[];
  layout: Layout;
  palette: Palette;
  nowS: number;
  colourOf(vehicle: string): string;
  ink: string;
  stop: string | null;
  vehicle: string | null;
  touched: ReadonlySet<string>;
  effects: Effects;
  locks: Readonly<Record<string, string>>;
  drag: { x: number; y: number; vehicle: string | null } | null;
}

const TICK_ROOM_PX = 64;

export function paintTimeline(ctx: CanvasRenderingContext2D, scene: TimelineScene): void {
  const { layout, palette, rows } = scene;
  ctx.clearRect(0, 0, layout.width, layout.height);
  ctx.save();
  clip(ctx, 0, AXIS_PX, layout.width, layout.height - AXIS_PX);
  for (const [i, row] of rows.entries()) {
    const top = rowTop(layout, i);
    if (top < AXIS_PX - layout.rowPx || top > layout.height) continue;
    paintGround(ctx, scene, row, top);
    paintGutter(ctx, scene, row, top);
    ctx.save();
    clip(ctx, layout.scale.left, top, layout.scale.width, layout.rowPx);
    paintBlocks(ctx, scene, row, top);
    paintShift(ctx, scene, row, top);
    ctx.restore();
    paintFinish(ctx, scene, row, top);
  }
  ctx.restore();
  paintAxis(ctx, scene);
  paintNow(ctx, scene);
  if (scene.drag) paintDrag(ctx, scene.drag.x, scene.drag.y, palette);
}

function clip(ctx: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
}

function paintGround(ctx: CanvasRenderingContext2D, scene: TimelineScene, row: Row, top: number): void {
  const { layout, palette } = scene;
  const { vehicle } = row.round;
  const target = scene.drag?.vehicle === vehicle;
  if (vehicle === scene.vehicle || target) {
    ctx.globalAlpha = target ? 0.22 : 0.12;
    ctx.fillStyle = palette.ink;
    ctx.fillRect(0, top, layout.width, layout.rowPx);
    ctx.globalAlpha = 1;
  }
  ctx.fillStyle = palette.road;
  ctx.fillRect(0, top + layout.rowPx - 1, layout.width, 1);
  if (scene.touched.has(vehicle)) {
    ctx.fillStyle = palette.move;
    ctx.beginPath();
    ctx.moveTo(2, top + layout.rowPx / 2 - 6);
    ctx.lineTo(10, top + layout.rowPx / 2);
    ctx.lineTo(2, top + layout.rowPx / 2 + 6);
    ctx.fill();
  }
}

function paintGutter(ctx: CanvasRenderingContext2D, scene: TimelineScene, row: Row, top: number): void {
  const { layout, palette } = scene;
  const { round } = row;
  const size = Math.min(16, layout.rowPx - 4);
  const middle = top + layout.rowPx / 2;
  const out = round.status !== "in_service";
  ctx.fillStyle = scene.colourOf(round.vehicle);
  ctx.beginPath();
  ctx.roundRect(13, top + 1.5, 30, layout.rowPx - 4, 3);
  if (out) {
    ctx.strokeStyle = scene.colourOf(round.vehicle);
    ctx.lineWidth = 1.5;
    ctx.stroke();
  } else ctx.fill();
  ctx.textAlign = "center";
  ctx.fillStyle = out ? palette.ink : scene.ink;
  text(ctx, round.letter, 28, middle, size, true);
  ctx.textAlign = "left";
  ctx.fillStyle = palette.ink;
  ctx.save();
  clip(ctx, 48, top, 62, layout.rowPx);
  text(ctx, round.vehicle, 48, middle, Math.min(14, size));
  ctx.restore();
  if (out) {
    ctx.strokeStyle = palette.incident;
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(46, middle);
    ctx.lineTo(108, middle);
    ctx.stroke();
  }
  paintLoad(ctx, scene, row, GUTTER_PX - 54, middle);
}

function paintLoad(ctx: CanvasRenderingContext2D, scene: TimelineScene, row: Row, x: number, middle: number): void {
  const { palette } = scene;
  const height = Math.min(10, scene.layout.rowPx - 8);
  const full = row.loadShare > 0.95;
  ctx.fillStyle = full ? palette.lose : palette.quiet;
  ctx.fillRect(x, middle - height / 2, 44 * Math.min(1, row.loadShare), height);
  ctx.strokeStyle = full ? palette.lose : palette.quiet;
  ctx.lineWidth = 1;
  ctx.strokeRect(x + 0.5, middle - height / 2 + 0.5, 43, height - 1);
}

function paintFinish(ctx: CanvasRenderingContext2D, scene: TimelineScene, row: Row, top: number): void {
  const { layout, palette } = scene;
  const left = layout.width - FINISH_PX + 8;
  const middle = top + layout.rowPx / 2;
  const size = Math.min(15, layout.rowPx - 4);
  const out = row.round.status !== "in_service";
  ctx.textAlign = "left";
  ctx.fillStyle = row.overtimeS > 0 ? palette.lose : palette.ink;
  text(ctx, out || row.round.finish_s === null ? words.strip.unknown : dayTime(row.round.finish_s), left, middle, size, row.overtimeS > 0);
  if (row.overtimeS > 0 && !out) {
    text(ctx, `▲${hoursMinutes(row.overtimeS)}`, left + 46, middle, size, true);
  }
}

function paintAxis(ctx: CanvasRenderingContext2D, scene: TimelineScene): void {
  const { layout, palette } = scene;
  const { scale } = layout;
  const step = tickStepS(scale, TICK_ROOM_PX);
  ctx.fillStyle = palette.quiet;
  ctx.textAlign = "left";
  text(ctx, words.rounds.timeline.columns.load, GUTTER_PX - 54, AXIS_PX / 2, 14);
  text(ctx, words.rounds.timeline.columns.finish, layout.width - FINISH_PX + 8, AXIS_PX / 2, 14);
  ctx.textAlign = "center";
  const now = xOf(scale, scene.nowS);
  for (let s = Math.ceil(scale.fromS / step) * step; s <= scale.toS; s += step) {
    const x = xOf(scale, s);
    ctx.fillStyle = palette.road;
    ctx.fillRect(x, AXIS_PX - 4, 1, layout.height - AXIS_PX + 4);
    const covered = Math.abs(x - now) < TICK_ROOM_PX * 0.8;
    if (covered || x < scale.left + 18 || x > scale.left + scale.width - 18) continue;
    ctx.fillStyle = palette.quiet;
    text(ctx, dayTime(s), x, AXIS_PX / 2, 14);
  }
}

function paintNow(ctx: CanvasRenderingContext2D, scene: TimelineScene): void {
  const { layout, palette } = scene;
  const x = xOf(layout.scale, scene.nowS);
  if (x < layout.scale.left || x > layout.scale.left + layout.scale.width) return;
  ctx.fillStyle = palette.ink;
  ctx.fillRect(x - 1, 2, 2, layout.height - 2);
  const label = dayTime(scene.nowS);
  ctx.font = `700 15px ${FONT}`;
  const width = ctx.measureText(label).width + 12;
  ctx.beginPath();
  ctx.roundRect(x - width / 2, 4, width, 22, 4);
  ctx.fill();
  ctx.fillStyle = palette.paper;
  ctx.textAlign = "center";
  text(ctx, label, x, AXIS_PX / 2, 15, true);
}

function paintDrag(ctx: CanvasRenderingContext2D, x: number, y: number, palette: Palette): void {
  ctx.fillStyle = palette.move;
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x - 6, y - 14);
  ctx.lineTo(x + 6, y - 14);
  ctx.fill();
  ctx.fillRect(x - 1, y - 14, 2, 28);
}
