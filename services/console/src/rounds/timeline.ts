/**
 * The time-line of rounds as one thing: canvas, pointer, zoom, the walk by keys. Follows the model.
 * Never decides: what is dropped goes to the commands.
 */
import { el, setAttribute } from "../dom/element";
import { paletteOf } from "../map/palette";
import type { RoundsCommands } from "./commands";
import type { PriceDesk } from "./price_desk";
import { priceLines } from "./price_card";
import { roundColour, roundInk } from "./round_palette";
import type { RoundsModel } from "./rounds_model";
import { TimelineDrag } from "./timeline_drag";
import * as place from "./timeline_layout";
import { paintTimeline } from "./timeline_paint";
import { daySpan, filtered, type Row } from "./timeline_rows";
import { panned, xOf, zoomed, type TimeScale } from "./timeline_scale";
import { words } from "../words/catalogue";

const ZOOM_STEP = 0.7;
const TOOLTIP_PX = 18;

export class Timeline {
  readonly canvas = el("canvas", {
    class: "timeline-canvas",
    tabindex: 0,
    role: "application",
    "aria-label": words.rounds.timeline.label,
    "data-testid": "timeline-canvas",
  });
  private readonly card = el("div", { class: "tooltip price-card", role: "status", hidden: true });
  private readonly none = el("p", { class: "map-note", hidden: true }, words.rounds.timeline.none);
  readonly root = el("div", { class: "timeline", "data-testid": "timeline" }, this.canvas, this.none, this.card);
  private readonly drag: TimelineDrag;
  private zoom: { fromS: number; toS: number } | null = null;
  private offsetY = 0;
  private panFrom: { x: number; fromS: number; toS: number } | null = null;
  private frame = 0;

  constructor(
    private readonly model: RoundsModel,
    private readonly commands: RoundsCommands,
    private readonly prices: PriceDesk,
  ) {
    this.drag = new TimelineDrag(prices);
    model.on(["day", "proposals", "selection", "theme", "desk"], () => this.invalidate());
    model.on(["drag"], () => this.showPrice());
    model.on(["selection"], () => this.reveal());
    new ResizeObserver(() => this.invalidate()).observe(this.root);
    this.listen();
  }

  get rows(): Row[] {
    return filtered(this.model.rows, this.model.filter, this.model.touched);
  }

  invalidate(): void {
    if (this.frame === 0) this.frame = window.requestAnimationFrame(() => this.draw());
  }

  zoomBy(closer: boolean): void {
    const { scale } = this.layout();
    const stop = this.selectedBlock()?.beginS;
    const nowS = this.model.day?.now_s ?? 0;
    const around = [stop, nowS].find((s) => s !== undefined && s >= scale.fromS && s <= scale.toS);
    this.zoomAround(closer ? ZOOM_STEP : 1 / ZOOM_STEP, around ?? (scale.fromS + scale.toS) / 2);
  }

  zoomWhole(): void {
    this.zoom = null;
    this.invalidate();
  }

  /** Returns whether a drag was given up. */
  cancelDrag(): boolean {
    this.card.hidden = true;
    const was = this.drag.cancel();
    if (was) this.invalidate();
    return was;
  }

  private whole(): TimeScale {
    const left = place.GUTTER_PX;
    const width = Math.max(60, this.root.clientWidth - left - place.FINISH_PX);
    return { ...daySpan(this.model.rows), left, width };
  }

  private layout(): place.Layout {
    const whole = this.whole();
    const height = this.root.clientHeight;
    const scale = this.zoom ? panned({ ...whole, ...this.zoom }, whole, 0) : whole;
    const count = this.rows.length;
    const layout = {
      width: this.root.clientWidth,
      height,
      rowPx: place.rowHeight(height, count),
      offsetY: this.offsetY,
      scale,
    };
    layout.offsetY = Math.min(place.mostOffset(layout, count), Math.max(0, this.offsetY));
    this.offsetY = layout.offsetY;
    return layout;
  }

  private zoomAround(factor: number, aroundS: number): void {
    const { fromS, toS } = zoomed(this.layout().scale, this.whole(), factor, aroundS);
    this.zoom = { fromS, toS };
    this.invalidate();
  }

  private selectedBlock() {
    const { stop, places } = this.model;
    const at = stop === null ? undefined : places.get(stop);
    const row = this.model.rows.find((r) => r.round.vehicle === at?.round.vehicle);
    return at ? row?.blocks[at.index] : undefined;
  }

  private draw(): void {
    this.frame = 0;
    const { model } = this;
    const layout = this.layout();
    const rows = this.rows;
    this.none.hidden = rows.length > 0 || model.day === null;
    const context = this.prepared(layout.width, layout.height);
    if (!context || layout.width === 0) return;
    paintTimeline(context, {
      rows,
      layout,
      palette: paletteOf(model.dark),
      nowS: model.day?.now_s ?? 0,
      colourOf: (vehicle) => roundColour(model.index.order.get(vehicle) ?? 0, model.dark),
      ink: roundInk(model.dark),
      stop: model.stop,
      vehicle: model.vehicle,
      touched: model.touched,
      effects: model.effects,
      locks: model.day?.locks ?? {},
      drag: this.drag.at === null ? null : { ...this.drag.at, vehicle: this.drag.overVehicle },
    });
    this.tell(layout, rows);
  }

  /** Says in attributes what the canvas shows, for who cannot see it. */
  private tell(layout: place.Layout, rows: readonly Row[]): void {
    const block = this.selectedBlock();
    const at = rows.findIndex((r) => r.round.vehicle === this.model.vehicle);
    setAttribute(this.root, "data-rows", rows.length);
    setAttribute(this.root, "data-stop", this.model.stop);
    setAttribute(this.root, "data-vehicle", this.model.vehicle);
    const x = block ? Math.round(xOf(layout.scale, (block.beginS + block.endS) / 2)) : null;
    setAttribute(this.root, "data-stop-x", x);
    setAttribute(this.root, "data-row-y", at < 0 ? null : Math.round(place.rowTop(layout, at) + layout.rowPx / 2));
    setAttribute(this.root, "data-row-px", layout.rowPx);
  }

  private prepared(width: number, height: number): CanvasRenderingContext2D | null {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
    }
    const context = this.canvas.getContext("2d");
    context?.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }

  /** Brings what is selected into view. */
  private reveal(): void {
    const layout = this.layout();
    const at = this.rows.findIndex((r) => r.round.vehicle === this.model.vehicle);
    if (at >= 0) {
      const top = place.rowTop(layout, at);
      if (top < place.AXIS_PX) this.offsetY += top - place.AXIS_PX;
      else if (top + layout.rowPx > layout.height) this.offsetY += top + layout.rowPx - layout.height;
    }
    const begin = this.selectedBlock()?.beginS;
    if (begin !== undefined && this.zoom && (begin < this.zoom.fromS || begin > this.zoom.toS)) {
      const half = (this.zoom.toS - this.zoom.fromS) / 2;
      this.zoom = { fromS: begin - half, toS: begin + half };
    }
    this.invalidate();
  }

  private listen(): void {
    this.canvas.addEventListener("pointerdown", (event) => this.pressed(event));
    this.canvas.addEventListener("pointermove", (event) => this.moved(event));
    this.canvas.addEventListener("pointerup", () => this.released());
    this.canvas.addEventListener("pointercancel", () => this.cancelDrag());
    this.canvas.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
  }

  private pressed(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    const layout = this.layout();
    const row = place.rowAt(layout, this.rows, event.offsetY);
    const block = row ? place.blockAt(layout, row, event.offsetX) : null;
    if (row && block?.stop) {
      this.model.selectStop(block.stop);
      const grip = { stop: block.stop, fromRow: row, block, startX: event.offsetX, startY: event.offsetY };
      if (!block.done) this.drag.press(grip);
    } else if (row && event.offsetX < place.GUTTER_PX) this.model.selectVehicle(row.round.vehicle);
    else if (this.zoom) this.panFrom = { x: event.offsetX, ...this.zoom };
    else this.model.selectStop(null);
  }

  private moved(event: PointerEvent): void {
    const layout = this.layout();
    if (this.panFrom) {
      const perPx = (layout.scale.toS - layout.scale.fromS) / layout.scale.width;
      const byS = (this.panFrom.x - event.offsetX) * perPx;
      const { fromS, toS } = panned({ ...layout.scale, ...this.panFrom }, this.whole(), byS);
      this.zoom = { fromS, toS };
      return this.invalidate();
    }
    const over = place.inPlot(layout, event.offsetX) ? place.rowAt(layout, this.rows, event.offsetY) : null;
    const seconds = place.timeAt(layout, event.offsetX);
    if (this.drag.move(event.offsetX, event.offsetY, over, seconds)) {
      this.showPrice();
      this.invalidate();
    }
    const block = over && !this.drag.active ? place.blockAt(layout, over, event.offsetX) : null;
    this.canvas.style.cursor = this.drag.active ? "grabbing" : block?.stop ? (block.done ? "pointer" : "grab") : "";
  }

  private released(): void {
    this.panFrom = null;
    const meant = this.drag.drop();
    this.card.hidden = true;
    this.invalidate();
    if (meant) void this.commands.edit({ kind: "move", ...meant });
  }

  private wheeled(event: WheelEvent): void {
    event.preventDefault();
    const layout = this.layout();
    const scrolls = place.mostOffset(layout, this.rows.length) > 0;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const perPx = (layout.scale.toS - layout.scale.fromS) / layout.scale.width;
      const { fromS, toS } = panned(layout.scale, this.whole(), (event.deltaX || event.deltaY) * perPx);
      if (this.zoom) this.zoom = { fromS, toS };
      this.invalidate();
    } else if (event.ctrlKey || !scrolls) {
      this.zoomAround(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP, place.timeAt(layout, event.offsetX));
    } else {
      this.offsetY += event.deltaY;
      this.invalidate();
    }
  }

  private showPrice(): void {
    const { at } = this.drag;
    this.card.hidden = at === null;
    if (!at) return;
    const title = `${this.drag.stop ?? ""} → ${this.drag.overVehicle ? this.model.index.letter(this.drag.overVehicle) : "?"}`;
    this.card.replaceChildren(el("strong", {}, title), ...priceLines(this.prices.state));
    const { clientWidth } = this.root;
    const right = at.x + TOOLTIP_PX;
    const left = right + this.card.offsetWidth > clientWidth ? at.x - TOOLTIP_PX - this.card.offsetWidth : right;
    const top = Math.min(this.root.clientHeight - this.card.offsetHeight - 8, at.y + TOOLTIP_PX);
    this.card.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(8, top)}px)`;
  }
}
