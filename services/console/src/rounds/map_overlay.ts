/**
 * The living part of the map of rounds, on a canvas of its own: letters, vehicles, depots, tips, changes, clusters,
 * what is selected. Redrawn when asked and while a vehicle glides. Never changes the model.
 */
import type { Map as GlMap } from "maplibre-gl";
import { paletteOf } from "../map/palette";
import { Pen } from "../map/pen";
import { Motion } from "../map/motion";
import { drawChanges, drawClusters, drawEffects, drawLetters, drawSelected, drawSites, drawVehicles } from "./map_marks";
import type { RoundsModel } from "./rounds_model";

const FRAME_MS = 40;
const BAR_PX = 46;

export interface MarkHit {
  kind: "vehicle" | "change" | "cluster" | "stop";
  id: string;
  x: number;
  y: number;
  radius: number;
}

export class RoundsOverlay {
  private readonly canvas = document.createElement("canvas");
  private readonly motion = new Motion();
  private hits: MarkHit[] = [];
  private frame = 0;
  private timer: number | undefined;
  private lastMs = 0;

  constructor(
    private readonly map: GlMap,
    private readonly model: RoundsModel,
  ) {
    this.canvas.className = "overlay";
    this.canvas.setAttribute("aria-hidden", "true");
    map.getCanvasContainer().append(this.canvas);
    map.on("move", () => this.draw());
    map.on("resize", () => this.draw());
  }

  takeDay(): void {
    const nowMs = performance.now();
    for (const round of this.model.day?.rounds ?? []) {
      if (round.lonlat) this.motion.report(round.vehicle, round.lonlat[0], round.lonlat[1], nowMs);
    }
    this.invalidate();
  }

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

  hitAt(x: number, y: number): MarkHit | null {
    const near = this.hits.filter((hit) => Math.hypot(hit.x - x, hit.y - y) <= hit.radius);
    return near.sort((a, b) => Math.hypot(a.x - x, a.y - y) - Math.hypot(b.x - x, b.y - y))[0] ?? null;
  }

  private draw(): void {
    window.cancelAnimationFrame(this.frame);
    this.frame = 0;
    const nowMs = performance.now();
    this.lastMs = nowMs;
    const context = this.prepared();
    if (!context || !this.model.day) return;
    const { clientWidth, clientHeight } = this.map.getContainer();
    const project = (lon: number, lat: number) => this.map.project([lon, lat]);
    const palette = paletteOf(this.model.dark);
    const pen = new Pen(context, palette, project, this.map.getZoom(), clientWidth, clientHeight - BAR_PX);
    const hits: MarkHit[] = [];
    drawClusters(pen, this.model, hits);
    drawSites(pen, this.model.council);
    drawEffects(pen, this.model);
    drawVehicles(pen, this.model, (id) => this.motion.place(id, nowMs), hits);
    drawChanges(pen, this.model, hits);
    drawSelected(pen, this.model);
    drawLetters(pen, this.model, hits);
    this.hits = hits;
    if (this.motion.active(nowMs)) this.invalidate();
  }

  private prepared(): CanvasRenderingContext2D | null {
    const { clientWidth, clientHeight } = this.map.getContainer();
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
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
