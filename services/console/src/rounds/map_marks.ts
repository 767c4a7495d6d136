/** The marks on the map of rounds, each told by its shape as well as its colour. Never changes the model. */
import type { Council } from "../api/rounds_types";
import type { Place } from "../map/motion";
import { FONT, type Pen } from "../map/pen";
import type { MarkHit } from "./map_overlay";
import { roundColour, roundInk } from "./round_palette";
import type { RoundsModel } from "./rounds_model";

// A letter of the same round again only this far away; letters of other rounds no closer than the second.
const LETTER_EVERY_PX = 120;
const LETTER_ROOM_PX = 26;
const FEW_EFFECTS = 12;
const EFFECT_LETTERS_FROM_ZOOM = 15;
const SITE_NAMES_FROM_ZOOM = 12.5;
const CHANGE_SIGNS_FROM_ZOOM = 13.5;

function chip(pen: Pen, letter: string, x: number, y: number, fill: string, ink: string, size: number): void {
  const { ctx } = pen;
  ctx.font = `700 ${size}px ${FONT}`;
  const width = Math.max(size + 5, ctx.measureText(letter).width + 7);
  ctx.beginPath();
  ctx.roundRect(x - width / 2, y - size / 2 - 3, width, size + 6, 4);
  ctx.fillStyle = fill;
  ctx.fill();
  ctx.strokeStyle = pen.palette.halo;
  ctx.lineWidth = 1.5;
  ctx.stroke();
  ctx.fillStyle = ink;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(letter, x, y + 0.5);
}

/** Letters along the stops that are still to be served, thinned out so that none covers another. */
export function drawLetters(pen: Pen, model: RoundsModel, hits: MarkHit[]): void {
  const taken: { x: number; y: number }[] = [...hits];
  for (const row of model.rows) {
    const { vehicle, letter } = row.round;
    const faint = model.vehicle !== null && model.vehicle !== vehicle;
    const own = new Set<string>();
    pen.ctx.globalAlpha = faint ? 0.45 : 1;
    for (const block of row.blocks) {
      const stop = block.done || block.stop === null ? undefined : model.index.stops.get(block.stop);
      if (!stop) continue;
      const { x, y } = pen.project(stop.lon, stop.lat);
      if (!pen.onScreen(x, y, 0)) continue;
      const far = cell(x, y, LETTER_EVERY_PX);
      if (own.has(far) || taken.some((t) => Math.hypot(t.x - x, t.y - y) < LETTER_ROOM_PX)) continue;
      own.add(far);
      taken.push({ x, y });
      const colour = roundColour(model.index.order.get(vehicle) ?? 0, model.dark);
      pen.text(letter, x, y, { colour, size: 15, bold: true });
    }
  }
  pen.ctx.globalAlpha = 1;
}

function cell(x: number, y: number, size: number): string {
  return `${Math.round(x / size)} ${Math.round(y / size)}`;
}

export function drawSites(pen: Pen, council: Council): void {
  const { ctx, palette } = pen;
  for (const [sites, sign] of [[council.depots, "D"], [council.tips, "T"]] as const) {
    for (const site of sites) {
      const { x, y } = pen.project(site.lon, site.lat);
      if (!pen.onScreen(x, y)) continue;
      const half = 10;
      ctx.beginPath();
      if (sign === "D") ctx.rect(x - half, y - half, 2 * half, 2 * half);
      else {
        ctx.moveTo(x, y + half + 3);
        ctx.lineTo(x - half - 4, y - half);
        ctx.lineTo(x + half + 4, y - half);
        ctx.closePath();
      }
      ctx.fillStyle = palette.ink;
      ctx.fill();
      ctx.strokeStyle = palette.halo;
      ctx.lineWidth = 2;
      ctx.stroke();
      ctx.font = `700 13px ${FONT}`;
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.fillStyle = palette.paper;
      ctx.fillText(sign, x, y - (sign === "T" ? 2 : -0.5));
      pen.occupy(x, y, half + 4);
      if (pen.zoom >= SITE_NAMES_FROM_ZOOM) pen.label(site.name, x, y, half + 6, { colour: palette.ink, size: 14 });
    }
  }
}

export function drawVehicles(
  pen: Pen,
  model: RoundsModel,
  placeOf: (vehicle: string) => Place | null,
  hits: MarkHit[],
): void {
  for (const round of model.day?.rounds ?? []) {
    const place = placeOf(round.vehicle);
    if (!place) continue;
    const { x, y } = pen.project(place.lon, place.lat);
    if (!pen.onScreen(x, y)) continue;
    const colour = roundColour(model.index.order.get(round.vehicle) ?? 0, model.dark);
    const selected = model.vehicle === round.vehicle;
    ring(pen, x, y, selected ? 17 : 13, selected ? pen.palette.ink : pen.palette.halo, 3);
    chip(pen, round.letter, x, y, colour, roundInk(model.dark), selected ? 17 : 13);
    if (round.status !== "in_service") cross(pen, x, y, 13);
    pen.occupy(x, y, 14);
    hits.push({ kind: "vehicle", id: round.vehicle, x, y, radius: 16 });
  }
}

function ring(pen: Pen, x: number, y: number, radius: number, colour: string, width: number): void {
  const { ctx } = pen;
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.stroke();
}

function cross(pen: Pen, x: number, y: number, half: number): void {
  const { ctx, palette } = pen;
  for (const [colour, width] of [[palette.halo, 6], [palette.incident, 3]] as const) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.beginPath();
    ctx.moveTo(x - half, y - half);
    ctx.lineTo(x + half, y + half);
    ctx.moveTo(x + half, y - half);
    ctx.lineTo(x - half, y + half);
    ctx.stroke();
  }
}

/** Open changes: a diamond with an exclamation mark. */
export function drawChanges(pen: Pen, model: RoundsModel, hits: MarkHit[]): void {
  const { ctx, palette } = pen;
  for (const change of [...model.changes].reverse()) {
    if (change.lon === null || change.lat === null) continue;
    const { x, y } = pen.project(change.lon, change.lat);
    if (!pen.onScreen(x, y)) continue;
    const selected = change.key === model.changeKey;
    // Seen from far a request is a small sign: there may be many.
    const small = pen.zoom < CHANGE_SIGNS_FROM_ZOOM && change.kind === "request";
    const half = selected ? 17 : small ? 7 : 12;
    ctx.beginPath();
    ctx.moveTo(x, y - half);
    ctx.lineTo(x + half, y);
    ctx.lineTo(x, y + half);
    ctx.lineTo(x - half, y);
    ctx.closePath();
    ctx.fillStyle = selected ? palette.move : palette.paper;
    ctx.fill();
    ctx.strokeStyle = selected ? palette.halo : palette.move;
    ctx.lineWidth = 2.5;
    ctx.stroke();
    ctx.font = `700 ${half + 3}px ${FONT}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillStyle = selected ? palette.moveText : palette.move;
    if (selected || !small) ctx.fillText("!", x, y + 1);
    pen.occupy(x, y, half);
    hits.push({ kind: "change", id: change.key, x, y, radius: half + 2 });
    if (selected && change.street) {
      pen.label(change.street, x, y, half + 4, { colour: palette.ink, size: 15, bold: true, plate: palette.paper }, true);
    }
  }
}

/** Reports close together: a dashed ring as wide as they lie, with how many they are. */
export function drawClusters(pen: Pen, model: RoundsModel, hits: MarkHit[]): void {
  const { ctx, palette } = pen;
  for (const cluster of model.openClusters) {
    // One report alone is no sign yet: it stands in the list.
    const alone = cluster.reports < 2 && cluster.cluster !== model.cluster;
    if (cluster.status === "dismissed" || alone) continue;
    const { x, y } = pen.project(cluster.lon, cluster.lat);
    const north = pen.project(cluster.lon, cluster.lat + cluster.radius_m / 111_320);
    const radius = Math.max(14, Math.abs(y - north.y));
    if (!pen.onScreen(x, y, radius)) continue;
    ctx.setLineDash(cluster.status === "confirmed" ? [] : [6, 5]);
    ring(pen, x, y, radius, palette.supposed, cluster.cluster === model.cluster ? 4 : 2.5);
    ctx.setLineDash([]);
    pen.label(String(cluster.reports), x, y - radius, 3, { colour: palette.supposed, size: 15, bold: true });
    hits.push({ kind: "cluster", id: cluster.cluster, x, y, radius: 14 });
  }
}

/** Where the selected answer sends stops: a ring and the letter of the round that would serve it. */
export function drawEffects(pen: Pen, model: RoundsModel): void {
  const { goesTo } = model.effects;
  // Many stops are told by their target's colour; a few by its letter as well, for there is room.
  const few = goesTo.size <= FEW_EFFECTS || pen.zoom >= EFFECT_LETTERS_FROM_ZOOM;
  for (const [id, vehicle] of goesTo) {
    const stop = model.index.stop(id, model.day);
    if (!stop) continue;
    const { x, y } = pen.project(stop.lon, stop.lat);
    if (!pen.onScreen(x, y)) continue;
    const colour = roundColour(model.index.order.get(vehicle) ?? 0, model.dark);
    ring(pen, x, y, few ? 9 : 4, pen.palette.halo, few ? 5 : 4);
    ring(pen, x, y, few ? 9 : 4, few ? pen.palette.move : colour, 2.5);
    if (few) pen.label(`→ ${model.index.letter(vehicle)}`, x, y, 11, { colour: pen.palette.move, size: 14, bold: true });
  }
}

export function drawSelected(pen: Pen, model: RoundsModel): void {
  const stop = model.stop === null ? null : model.index.stop(model.stop, model.day);
  if (!stop) return;
  const { ctx, palette } = pen;
  for (const [colour, width] of [[palette.halo, 10], [palette.ink, 5]] as const) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.lineCap = "round";
    ctx.beginPath();
    for (const [i, [lon, lat]] of stop.line.entries()) {
      const { x, y } = pen.project(lon, lat);
      if (i === 0) ctx.moveTo(x, y);
      else ctx.lineTo(x, y);
    }
    ctx.stroke();
  }
  const { x, y } = pen.project(stop.lon, stop.lat);
  ring(pen, x, y, 14, palette.halo, 6);
  ring(pen, x, y, 14, palette.ink, 3);
  const letter = model.places.get(stop.id)?.round.letter;
  pen.label([letter, stop.street].filter(Boolean).join(" · ") || stop.id, x, y, 18, {
    colour: palette.ink,
    size: 15,
    bold: true,
    plate: palette.paper,
  }, true);
}
