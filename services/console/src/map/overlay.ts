/**
 * The living part of the map on a canvas of its own: stations, incidents, appliances, moves and their labels.
 * Redrawn when asked, and while anything glides or fades; the still map below is not redrawn for it.
 * Never changes the model.
 */
import type { Map as GlMap } from "maplibre-gl";
import type { Incident } from "../api/types";
import { drawMoving, labelMoving, type MovingMark } from "./draw_appliances";
import { drawBadges, drawMoves, type MoveMark } from "./draw_moves";
import { drawIncidents, labelIncidents } from "./draw_incidents";
import { drawStations, labelStations, type StationMark } from "./draw_stations";
import { drawSupposed, labelSupposed, type SupposedMark } from "./draw_supposed";
import type { Palette } from "./palette";
import { Pen, type Hit } from "./pen";

// Enough for calm motion; twice as many frames would only cost the two cores of a small machine.
const FRAME_MS = 40;
// Labels keep clear of the bar below the map.
const BAR_PX = 46;

/** A ground that gains or loses under the regarded move, as a plate beside its station. */
export interface EffectMark {
  lon: number;
  lat: number;
  text: string;
  better: boolean;
}

export interface Scene {
  palette: Palette;
  firstKind: string;
  stations: StationMark[];
  incidents: Incident[];
  moving: MovingMark[];
  moves: MoveMark[];
  effects: EffectMark[];
  supposed: SupposedMark | null;
  pinned: string | null;
  /** Whether another frame is needed soon. */
  active: boolean;
}

export class Overlay {
  private readonly canvas = document.createElement("canvas");
  private hits: Hit[] = [];
  private frame = 0;
  private timer: number | undefined;
  private lastMs = 0;

  constructor(
    private readonly map: GlMap,
    private readonly sceneAt: (nowMs: number) => Scene | null,
  ) {
    this.canvas.className = "overlay";
    this.canvas.setAttribute("aria-hidden", "true");
    map.getCanvasContainer().append(this.canvas);
    map.on("move", () => this.draw());
    map.on("resize", () => this.draw());
  }

  /** Something changed: draw soon. */
  invalidate(): void {
    if (this.frame !== 0 || this.timer !== undefined) return;
    const wait = this.lastMs + FRAME_MS - performance.now();
    const ask = () => {
      this.timer = undefined;
      this.frame = window.requestAnimationFrame(() => this.draw());
    };
    if (wait > 4) this.timer = window.setTimeout(ask, wait);
    else ask();
  }

  hitAt(x: number, y: number): Hit | null {
    let best: Hit | null = null;
    let bestDistance = Infinity;
    for (const hit of this.hits) {
      const distance = Math.hypot(hit.x - x, hit.y - y);
      if (distance <= hit.radius && distance < bestDistance) {
        best = hit;
        bestDistance = distance;
      }
    }
    return best;
  }

  private draw(): void {
    window.cancelAnimationFrame(this.frame);
    this.frame = 0;
    const nowMs = performance.now();
    this.lastMs = nowMs;
    const scene = this.sceneAt(nowMs);
    const context = this.prepared();
    if (!scene || !context) return;
    const { clientWidth, clientHeight } = this.map.getContainer();
    const project = (lon: number, lat: number) => this.map.project([lon, lat]);
    const pen = new Pen(context, scene.palette, project, this.map.getZoom(), clientWidth, clientHeight - BAR_PX);
    paintScene(pen, scene);
    this.hits = pen.hits;
    if (scene.active) this.invalidate();
  }

  private prepared(): CanvasRenderingContext2D | null {
    const { clientWidth, clientHeight } = this.map.getContainer();
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const width = Math.round(clientWidth * ratio);
    const height = Math.round(clientHeight * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.canvas.style.width = `${clientWidth}px`;
      this.canvas.style.height = `${clientHeight}px`;
    }
    const context = this.canvas.getContext("2d");
    context?.setTransform(ratio, 0, 0, ratio, 0, 0);
    context?.clearRect(0, 0, clientWidth, clientHeight);
    return context;
  }
}

function paintScene(pen: Pen, scene: Scene): void {
  drawMoves(pen, scene.moves);
  drawStations(pen, scene.stations, scene.firstKind);
  drawMoving(pen, scene.moving);
  drawIncidents(pen, scene.incidents, scene.pinned);
  if (scene.supposed) drawSupposed(pen, scene.supposed);
  drawBadges(pen, scene.moves);
  if (scene.supposed) labelSupposed(pen, scene.supposed);
  for (const effect of scene.effects) drawEffect(pen, effect);
  labelStations(
    pen,
    scene.stations.filter((s) => s.named),
  );
  labelIncidents(pen, scene.incidents);
  labelMoving(pen, scene.moving);
  labelStations(
    pen,
    scene.stations.filter((s) => !s.named),
  );
}

function drawEffect(pen: Pen, effect: EffectMark): void {
  const { x, y } = pen.project(effect.lon, effect.lat);
  if (!pen.onScreen(x, y, 0)) return;
  const colour = effect.better ? pen.palette.gain : pen.palette.lose;
  const text = `${effect.better ? "▲" : "▼"} ${effect.text}`;
  pen.label(text, x, y, pen.scaled(12, 16), { colour, size: 14, bold: true, plate: pen.palette.paper }, true);
}
