/** Draws appliances on the road: arrowheads that point where they drive; the way of filling tells why they drive. */
import type { Appliance } from "../api/types";
import type { Place } from "./motion";
import type { Pen } from "./pen";

export interface MovingMark {
  appliance: Appliance;
  place: Place;
}

const CALLSIGNS_FROM_ZOOM = 12;

export function drawMoving(pen: Pen, marks: readonly MovingMark[]): void {
  const size = pen.scaled(6.5, 9);
  for (const { appliance, place } of marks) {
    const { x, y } = pen.project(place.lon, place.lat);
    if (!pen.onScreen(x, y)) continue;
    drawHead(pen, x, y, size, appliance, place.heading);
    pen.hits.push({ kind: "appliance", id: appliance.id, x, y, radius: size + 3 });
  }
}

export function labelMoving(pen: Pen, marks: readonly MovingMark[]): void {
  for (const { appliance, place } of marks) {
    const relocating = appliance.status === "relocating";
    if (!relocating && pen.zoom < CALLSIGNS_FROM_ZOOM) continue;
    const { x, y } = pen.project(place.lon, place.lat);
    const colour = relocating ? pen.palette.move : pen.palette.ink;
    pen.label(appliance.id, x, y, pen.scaled(10, 13), { colour, size: 13, bold: true });
  }
}

function drawHead(pen: Pen, x: number, y: number, size: number, appliance: Appliance, heading: number | null): void {
  const { ctx, palette } = pen;
  ctx.save();
  ctx.translate(x, y);
  ctx.beginPath();
  if (heading === null) {
    ctx.arc(0, 0, size * 0.6, 0, 2 * Math.PI);
  } else {
    ctx.rotate(heading);
    ctx.moveTo(0, -size);
    ctx.lineTo(size * 0.78, size * 0.85);
    ctx.lineTo(0, size * 0.42);
    ctx.lineTo(-size * 0.78, size * 0.85);
    ctx.closePath();
  }
  ctx.lineJoin = "round";
  ctx.lineWidth = 3.5;
  ctx.strokeStyle = palette.halo;
  ctx.stroke();
  const returning = appliance.status === "returning";
  ctx.fillStyle = returning ? palette.halo : appliance.status === "relocating" ? palette.move : palette.responding;
  ctx.fill();
  if (returning) {
    ctx.strokeStyle = palette.quiet;
    ctx.lineWidth = 1.5;
    ctx.stroke();
  }
  ctx.restore();
}
