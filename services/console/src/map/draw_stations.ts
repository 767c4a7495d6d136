/** Draws stations: a square with the number of first-kind appliances standing there, hollow when none. */
import type { Appliance, Station } from "../api/types";
import { FONT, type Pen } from "./pen";

export interface StationMark {
  station: Station;
  standing: readonly Appliance[];
  named: boolean;
}

const NAMES_FROM_ZOOM = 10.8;

export function drawStations(pen: Pen, marks: readonly StationMark[], firstKind: string): void {
  const half = pen.scaled(8, 12);
  for (const mark of marks) {
    const { x, y } = pen.project(mark.station.lon, mark.station.lat);
    if (!pen.onScreen(x, y)) continue;
    drawSquare(pen, x, y, half, mark, firstKind);
    pen.occupy(x, y, half);
    pen.hits.push({ kind: "station", id: mark.station.id, x, y, radius: half + 4 });
  }
}

export function labelStations(pen: Pen, marks: readonly StationMark[]): void {
  const gap = pen.scaled(8, 12) + 4;
  const size = pen.scaled(13, 15);
  for (const mark of marks) {
    if (!mark.named && pen.zoom < NAMES_FROM_ZOOM) continue;
    const { x, y } = pen.project(mark.station.lon, mark.station.lat);
    if (!pen.onScreen(x, y)) continue;
    pen.label(mark.station.name, x, y, gap, { colour: pen.palette.ink, size, bold: mark.named }, mark.named);
  }
}

function drawSquare(pen: Pen, x: number, y: number, half: number, mark: StationMark, firstKind: string): void {
  const { ctx, palette } = pen;
  const count = mark.standing.filter((a) => a.kind === firstKind).length;
  const others = mark.standing.length - count;
  ctx.fillStyle = palette.halo;
  ctx.globalAlpha = 0.75;
  ctx.fillRect(x - half - 1.5, y - half - 1.5, 2 * half + 3, 2 * half + 3);
  ctx.globalAlpha = 1;
  if (count > 0) {
    ctx.fillStyle = palette.station;
    ctx.fillRect(x - half, y - half, 2 * half, 2 * half);
    ctx.fillStyle = palette.paper;
    ctx.font = `700 ${Math.round(half * 1.6)}px ${FONT}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(String(count), x, y + 1);
  } else {
    ctx.strokeStyle = palette.station;
    ctx.lineWidth = 2;
    ctx.strokeRect(x - half + 1, y - half + 1, 2 * half - 2, 2 * half - 2);
  }
  // Other kinds are short bars under the square, one each.
  ctx.fillStyle = palette.station;
  for (let i = 0; i < others; i += 1) ctx.fillRect(x - half + i * 6, y + half + 3, 4, 3);
}
