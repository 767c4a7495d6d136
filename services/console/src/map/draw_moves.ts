/** Draws recommended moves: numbered arrows along their route, the thickest pays most. Fades, never jumps. */
import type { PlanMove } from "../api/types";
import { FONT, type Pen } from "./pen";
import { along, shortened, type Points } from "./polyline";

export interface MoveMark {
  move: PlanMove;
  /** 0…1, for fading in and out. */
  alpha: number;
  regarded: boolean;
  /** Another move is regarded: this one steps back. */
  dimmed: boolean;
  decided: boolean;
  /** Of a choice that is only looked at: its number stands in a hollow disc. */
  previewed: boolean;
  /** 0…1 of the greatest contribution in the plan. */
  weight: number;
}

const THIN_PX = 2.5;
const THICK_PX = 7;
const DIMMED = 0.35;

export function drawMoves(pen: Pen, marks: readonly MoveMark[]): void {
  for (const mark of marks) {
    const points = mark.move.route.map(([lon, lat]) => pen.project(lon, lat));
    if (points.length < 2) continue;
    pen.ctx.save();
    pen.ctx.globalAlpha = mark.alpha * (mark.dimmed ? DIMMED : 1);
    drawArrow(pen, points, mark);
    pen.ctx.restore();
  }
}

/** The numbered discs, on top of everything else. */
export function drawBadges(pen: Pen, marks: readonly MoveMark[]): void {
  for (const mark of marks) {
    const points = mark.move.route.map(([lon, lat]) => pen.project(lon, lat));
    const at = along(points, 0.5);
    if (!at) continue;
    pen.ctx.save();
    pen.ctx.globalAlpha = mark.alpha * (mark.dimmed ? DIMMED : 1);
    drawBadge(pen, at.x, at.y, mark);
    pen.ctx.restore();
    pen.occupy(at.x, at.y, 12);
  }
}

function drawArrow(pen: Pen, points: Points, mark: MoveMark): void {
  const { ctx, palette } = pen;
  const width = THIN_PX + (THICK_PX - THIN_PX) * mark.weight;
  const head = 8 + width * 1.6;
  const line = shortened(points, head * 0.8);
  ctx.lineCap = "round";
  ctx.lineJoin = "round";
  if (mark.decided) ctx.setLineDash([width * 2.2, width * 2]);
  stroke(ctx, line, width + (mark.regarded ? 6 : 4), palette.halo);
  stroke(ctx, line, width, palette.move);
  ctx.setLineDash([]);
  const tip = points.at(-1);
  const base = line.at(-1);
  if (tip && base) drawTip(pen, base, tip, head);
}

function stroke(ctx: CanvasRenderingContext2D, points: Points, width: number, colour: string): void {
  ctx.beginPath();
  points.forEach((p, i) => (i === 0 ? ctx.moveTo(p.x, p.y) : ctx.lineTo(p.x, p.y)));
  ctx.lineWidth = width;
  ctx.strokeStyle = colour;
  ctx.stroke();
}

function drawTip(pen: Pen, base: Points[number], tip: Points[number], size: number): void {
  const { ctx, palette } = pen;
  const angle = Math.atan2(tip.y - base.y, tip.x - base.x);
  ctx.save();
  ctx.translate(tip.x, tip.y);
  ctx.rotate(angle);
  ctx.beginPath();
  ctx.moveTo(0, 0);
  ctx.lineTo(-size, size * 0.55);
  ctx.lineTo(-size, -size * 0.55);
  ctx.closePath();
  ctx.lineWidth = 3;
  ctx.strokeStyle = palette.halo;
  ctx.stroke();
  ctx.fillStyle = palette.move;
  ctx.fill();
  ctx.restore();
}

function drawBadge(pen: Pen, x: number, y: number, mark: MoveMark): void {
  const { ctx, palette } = pen;
  const radius = mark.regarded ? 13 : 11;
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.lineWidth = mark.regarded ? 4 : 3;
  ctx.strokeStyle = mark.regarded ? palette.ink : palette.halo;
  ctx.stroke();
  ctx.fillStyle = mark.previewed ? palette.paper : palette.move;
  ctx.fill();
  if (mark.previewed) drawHollowEdge(pen);
  ctx.fillStyle = mark.previewed ? palette.move : palette.moveText;
  ctx.font = `700 15px ${FONT}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(String(mark.move.rank), x, y + 0.5);
}

function drawHollowEdge({ ctx, palette }: Pen): void {
  ctx.setLineDash([4, 2.5]);
  ctx.lineWidth = 2;
  ctx.strokeStyle = palette.move;
  ctx.stroke();
  ctx.setLineDash([]);
}
