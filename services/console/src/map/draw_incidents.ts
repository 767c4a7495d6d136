/** Draws incidents: a diamond with the number of appliances committed, larger with more of them. */
import type { Incident } from "../api/types";
import { hourMinute } from "../words/format";
import { FONT, type Pen } from "./pen";

// From this many on an incident strips its surroundings: its release time is always written.
const LARGE_FROM = 4;

export function drawIncidents(pen: Pen, incidents: readonly Incident[], pinned: string | null): void {
  for (const incident of incidents) {
    const { x, y } = pen.project(incident.lon, incident.lat);
    if (!pen.onScreen(x, y)) continue;
    const radius = pen.scaled(9, 13) + Math.min(6, incident.committed.length / 2);
    drawDiamond(pen, x, y, radius, incident, incident.id === pinned);
    pen.occupy(x, y, radius);
    pen.hits.push({ kind: "incident", id: incident.id, x, y, radius: radius + 3 });
  }
}

export function labelIncidents(pen: Pen, incidents: readonly Incident[]): void {
  for (const incident of incidents) {
    if (incident.committed.length < LARGE_FROM || incident.expected_stop === null) continue;
    const { x, y } = pen.project(incident.lon, incident.lat);
    if (!pen.onScreen(x, y)) continue;
    const gap = pen.scaled(9, 13) + 9;
    const { ink, paper } = pen.palette;
    pen.label(`→ ${hourMinute(incident.expected_stop)}`, x, y, gap, {
      colour: ink,
      size: 13,
      bold: true,
      plate: paper,
    });
  }
}

function drawDiamond(pen: Pen, x: number, y: number, radius: number, incident: Incident, pinned: boolean): void {
  const { ctx, palette } = pen;
  ctx.beginPath();
  ctx.moveTo(x, y - radius);
  ctx.lineTo(x + radius, y);
  ctx.lineTo(x, y + radius);
  ctx.lineTo(x - radius, y);
  ctx.closePath();
  ctx.fillStyle = palette.incident;
  ctx.strokeStyle = palette.halo;
  ctx.lineWidth = 3;
  ctx.stroke();
  ctx.fill();
  if (pinned) {
    ctx.strokeStyle = palette.ink;
    ctx.lineWidth = 2;
    ctx.stroke();
  }
  ctx.fillStyle = palette.incidentText;
  ctx.font = `700 ${Math.round(pen.scaled(11, 14))}px ${FONT}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(String(incident.committed.length), x, y + 0.5);
}
