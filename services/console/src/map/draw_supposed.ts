/**
 * Draws what is only supposed: a dashed, hollow diamond for an incident, crossed-out stations for appliances off
 * the run, hollow dashed arrows with lettered squares for moves. Nothing live looks like any of them.
 */
import { letterOf } from "../what_if/supposed_moves";
import { along } from "./polyline";
import { FONT, type Pen } from "./pen";

export interface SupposedMark {
  place: { lon: number; lat: number; needs: number } | null;
  offRun: { lon: number; lat: number; label: string }[];
  moves: { rank: number; points: readonly (readonly [number, number])[]; label: string }[];
  label: string;
}

const OUTER_PX = 7;
const INNER_PX = 3;
const DASH = [13, 9];
// Beside the middle, where a live move has its number.
const LETTER_AT = 0.36;

export function drawSupposed(pen: Pen, mark: SupposedMark): void {
  for (const move of mark.moves) drawHollowArrow(pen, move.points);
  for (const off of mark.offRun) drawCross(pen, off.lon, off.lat);
  if (mark.place) drawPlace(pen, mark.place.lon, mark.place.lat, mark.place.needs);
  for (const move of mark.moves) drawLetter(pen, move.points, move.rank);
}

export function labelSupposed(pen: Pen, mark: SupposedMark): void {
  const style = { colour: pen.palette.supposed, size: 14, bold: true, plate: pen.palette.paper };
  if (mark.place) {
    const { x, y } = pen.project(mark.place.lon, mark.place.lat);
    pen.label(mark.label, x, y, 22, style, true);
  }
  for (const off of mark.offRun) {
    const { x, y } = pen.project(off.lon, off.lat);
    pen.label(off.label, x, y, 16, style, true);
  }
}

function drawHollowArrow(pen: Pen, route: readonly (readonly [number, number])[]): void {
  const { ctx, palette } = pen;
  const points = route.map(([lon, lat]) => pen.project(lon, lat));
  const tip = points.at(-1);
  const base = along(points, 0.94);
  if (!tip || !base || points.length < 2) return;
  ctx.save();
  ctx.lineCap = "butt";
  ctx.lineJoin = "round";
  const line = (width: number, colour: string, dash: number[]) => {
    ctx.beginPath();
    points.forEach((p, i) => (i === 0 ? ctx.moveTo(p.x, p.y) : ctx.lineTo(p.x, p.y)));
    ctx.setLineDash(dash);
    ctx.lineWidth = width;
    ctx.strokeStyle = colour;
    ctx.stroke();
  };
  // Only dashes, and hollow ones: a live arrow on the same way shows between them.
  line(OUTER_PX + 3, palette.halo, DASH);
  line(OUTER_PX, palette.supposed, DASH);
  line(INNER_PX, palette.halo, DASH);
  ctx.setLineDash([]);
  const angle = Math.atan2(tip.y - base.y, tip.x - base.x);
  ctx.translate(tip.x, tip.y);
  ctx.rotate(angle);
  ctx.beginPath();
  ctx.moveTo(0, 0);
  ctx.lineTo(-16, 9);
  ctx.lineTo(-16, -9);
  ctx.closePath();
  ctx.fillStyle = palette.halo;
  ctx.fill();
  ctx.lineWidth = 2.5;
  ctx.strokeStyle = palette.supposed;
  ctx.stroke();
  ctx.restore();
}

function drawLetter(pen: Pen, route: readonly (readonly [number, number])[], rank: number): void {
  const at = along(
    route.map(([lon, lat]) => pen.project(lon, lat)),
    LETTER_AT,
  );
  if (!at) return;
  const { ctx, palette } = pen;
  const half = 11;
  ctx.fillStyle = palette.paper;
  ctx.fillRect(at.x - half, at.y - half, 2 * half, 2 * half);
  ctx.strokeStyle = palette.supposed;
  ctx.lineWidth = 2;
  ctx.strokeRect(at.x - half, at.y - half, 2 * half, 2 * half);
  write(pen, letterOf(rank), at.x, at.y, 15);
  pen.occupy(at.x, at.y, half + 1);
}

function drawPlace(pen: Pen, lon: number, lat: number, needs: number): void {
  const { ctx, palette } = pen;
  const { x, y } = pen.project(lon, lat);
  const radius = pen.scaled(15, 18);
  ctx.save();
  ctx.beginPath();
  ctx.moveTo(x, y - radius);
  ctx.lineTo(x + radius, y);
  ctx.lineTo(x, y + radius);
  ctx.lineTo(x - radius, y);
  ctx.closePath();
  ctx.fillStyle = palette.paper;
  ctx.fill();
  ctx.lineWidth = 5;
  ctx.strokeStyle = palette.halo;
  ctx.stroke();
  ctx.setLineDash([5, 3.5]);
  ctx.lineWidth = 3;
  ctx.strokeStyle = palette.supposed;
  ctx.stroke();
  ctx.restore();
  write(pen, String(needs), x, y, 15);
  pen.occupy(x, y, radius);
}

function drawCross(pen: Pen, lon: number, lat: number): void {
  const { ctx, palette } = pen;
  const { x, y } = pen.project(lon, lat);
  const half = pen.scaled(12, 16);
  const cross = (width: number, colour: string) => {
    ctx.lineWidth = width;
    ctx.strokeStyle = colour;
    ctx.beginPath();
    ctx.moveTo(x - half, y - half);
    ctx.lineTo(x + half, y + half);
    ctx.moveTo(x + half, y - half);
    ctx.lineTo(x - half, y + half);
    ctx.stroke();
  };
  cross(6, palette.halo);
  cross(3, palette.supposed);
}

function write(pen: Pen, text: string, x: number, y: number, size: number): void {
  const { ctx, palette } = pen;
  ctx.fillStyle = palette.supposed;
  ctx.font = `700 ${size}px ${FONT}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(text, x, y + 0.5);
}
