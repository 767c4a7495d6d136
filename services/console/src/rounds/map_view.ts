/**
 * The map of rounds as one thing: still lines below, living marks above. Follows the model; a press selects.
 * Never decides anything; where WebGL is missing it says so and the rest of the view works.
 */
import type { Map as GlMap } from "maplibre-gl";
import { el, setAttribute } from "../dom/element";
import { paletteOf } from "../map/palette";
import { words } from "../words/catalogue";
import { drawClosed, drawLines, fitCouncil, makeRoundsMap, paintMap, STOPS } from "./map_base";
import { RoundsOverlay } from "./map_overlay";
import type { RoundsModel } from "./rounds_model";
import { StopPaint } from "./stop_paint";

const REACH_PX = 6;

export class RoundsMap {
  readonly root = el("section", {
    class: "map rounds-map",
    "data-testid": "rounds-map",
    "aria-label": words.rounds.map.label,
  });
  private readonly canvasHost = el("div", { class: "map-canvas" });
  private readonly note = el("p", { class: "map-note", role: "status" }, words.map.loading);
  private map: GlMap | null = null;
  private overlay: RoundsOverlay | null = null;
  private paint: StopPaint | null = null;
  private closed = "";
  private placedByHand = false;
  private seen = "";

  constructor(
    private readonly model: RoundsModel,
    private readonly addAt: (lon: number, lat: number) => void,
  ) {
    this.root.append(this.canvasHost, this.note);
    model.on(["day"], () => this.takeDay());
    model.on(["selection", "theme"], () => this.paint?.show());
    model.on(["day", "proposals", "selection", "theme"], () => this.overlay?.invalidate());
    model.on(["selection"], () => this.bringIntoView());
    model.on(["theme"], () => this.repaint());
  }

  /** Draws the map. Call once, when the root stands in the page. */
  async start(): Promise<void> {
    const { council, dark } = this.model;
    try {
      this.map = makeRoundsMap(this.canvasHost, council, paletteOf(dark));
    } catch {
      this.note.textContent = words.rounds.map.noWebgl;
      setAttribute(this.root, "data-ready", "unavailable");
      return;
    }
    const map = this.map;
    this.overlay = new RoundsOverlay(map, this.model);
    this.addButtons(map);
    this.listen(map);
    await new Promise<void>((resolve) => (map.isStyleLoaded() ? resolve() : void map.once("load", () => resolve())));
    drawLines(map, council);
    this.paint = new StopPaint(map, this.model);
    this.takeDay();
    const drawn = () => {
      if (!map.isSourceLoaded(STOPS)) return;
      map.off("render", drawn);
      this.note.hidden = true;
      setAttribute(this.root, "data-ready", "true");
    };
    map.on("render", drawn);
  }

  private takeDay(): void {
    this.paint?.show();
    this.overlay?.takeDay();
    const closures = this.model.day?.closures ?? [];
    const closed = closures.flatMap((c) => c.streets).join(" ");
    if (!this.map || !this.paint || closed === this.closed) return;
    this.closed = closed;
    const lines = closures.flatMap((c) => c.streets).map((s) => this.model.index.streets.get(s)?.line ?? []);
    drawClosed(this.map, lines.filter((l) => l.length > 1) as [number, number][][]);
  }

  private repaint(): void {
    if (this.map?.isStyleLoaded()) paintMap(this.map, paletteOf(this.model.dark));
    else this.map?.once("idle", () => this.repaint());
  }

  /** Pans to what was selected elsewhere when it lies outside of the view; never zooms. */
  private bringIntoView(): void {
    const { stop, change, day, adding } = this.model;
    setAttribute(this.root, "data-adding", adding);
    const key = stop ?? change?.key ?? "";
    if (key === this.seen || !this.map) return;
    this.seen = key;
    const at = stop === null ? change : this.model.index.stop(stop, day);
    if (!at || at.lon === null || at.lat === null) return;
    const { x, y } = this.map.project([at.lon, at.lat]);
    const { clientWidth, clientHeight } = this.root;
    if (x > 40 && y > 40 && x < clientWidth - 40 && y < clientHeight - 80) return;
    this.map.panTo([at.lon, at.lat], { duration: 400 });
  }

  private listen(map: GlMap): void {
    map.on("movestart", (event) => {
      if (event.originalEvent) this.placedByHand = true;
    });
    map.on("resize", () => {
      if (!this.placedByHand) fitCouncil(map, this.model.council, 0);
    });
    map.on("mousemove", (event) => {
      const hit = this.overlay?.hitAt(event.point.x, event.point.y);
      map.getCanvas().style.cursor = this.model.adding ? "crosshair" : hit ? "pointer" : "";
    });
    map.on("click", (event) => {
      if (this.model.adding) return this.addAt(event.lngLat.lng, event.lngLat.lat);
      this.pressed(event.point.x, event.point.y);
    });
  }

  private pressed(x: number, y: number): void {
    const hit = this.overlay?.hitAt(x, y) ?? null;
    if (hit?.kind === "vehicle") return this.model.selectVehicle(hit.id);
    if (hit?.kind === "change") return this.model.selectChange(hit.id);
    if (hit?.kind === "cluster") return this.model.selectCluster(hit.id);
    this.model.selectStop(this.stopAt(x, y));
    if (this.model.stop === null) this.model.selectVehicle(null);
  }

  private stopAt(x: number, y: number): string | null {
    const around: [[number, number], [number, number]] = [
      [x - REACH_PX, y - REACH_PX],
      [x + REACH_PX, y + REACH_PX],
    ];
    const features = this.map?.queryRenderedFeatures(around, { layers: [STOPS] }) ?? [];
    const stops = features.map((f) => this.model.council.stops.id[Number(f.id)]).filter((s) => s !== undefined);
    // Both sides of a street may lie on one line: pressing again takes the next.
    const at = stops.indexOf(this.model.stop ?? "");
    return stops[(at + 1) % Math.max(1, stops.length)] ?? null;
  }

  private addButtons(map: GlMap): void {
    const button = (label: string, sign: string, run: () => void) => {
      const node = el("button", { type: "button", "aria-label": label, title: label }, sign);
      node.addEventListener("click", run);
      return node;
    };
    const byHand = (run: () => void) => () => {
      this.placedByHand = true;
      run();
    };
    this.root.append(
      el(
        "div",
        { class: "map-buttons" },
        button(words.map.zoomIn, "+", byHand(() => map.zoomIn())),
        button(words.map.zoomOut, "−", byHand(() => map.zoomOut())),
        button(words.map.whole, "⤢", () => {
          this.placedByHand = false;
          fitCouncil(map, this.model.council);
        }),
      ),
    );
  }
}
