/**
 * The map as one thing: still ground below, living overlay above, tooltip, zoom buttons. Follows the model.
 * Never decides anything; where WebGL is missing it says so and the rest of the console works.
 */
import type { Map as GlMap, GeoJSONSource } from "maplibre-gl";
import type { ApiClient } from "../api/client";
import type { ZoneProperties } from "../api/types";
import { el, setAttribute } from "../dom/element";
import type { Commands } from "../state/commands";
import type { ConsoleModel } from "../state/console_model";
import { words } from "../words/catalogue";
import { ZonePaint } from "../zones/zone_paint";
import { fitRegion, makeBaseMap, paint, ZONES } from "./base_map";
import { Overlay } from "./overlay";
import { paletteOf } from "./palette";
import { SceneMaker } from "./scene";
import { Tooltip, type ZoneHit } from "./tooltip";

export class MapView {
  readonly root = el("section", { class: "map", "data-testid": "map", "aria-label": words.map.label });
  private readonly canvasHost = el("div", { class: "map-canvas" });
  private readonly note = el("p", { class: "map-note", role: "status" }, words.map.loading);
  private readonly tooltip: Tooltip;
  private readonly scene: SceneMaker;
  private map: GlMap | null = null;
  private overlay: Overlay | null = null;
  private zones: ZonePaint | null = null;
  private pointer: { x: number; y: number } | null = null;
  private pointerFrame = 0;
  /** True once the operator has panned or zoomed: from then on a new size of the window leaves the view alone. */
  private placedByHand = false;

  constructor(
    private readonly model: ConsoleModel,
    commands: Commands,
    private readonly client: ApiClient,
  ) {
    this.root.append(this.canvasHost, this.note);
    this.tooltip = new Tooltip(this.root, model);
    this.scene = new SceneMaker(model, commands);
    model.on(["picture"], () => this.pictureChanged());
    model.on(["plan"], () => this.scene.takePlan());
    model.on(["selection"], () => this.scene.placeStations());
    model.on(["picture", "plan", "selection", "desk", "theme"], () => this.overlay?.invalidate());
    model.on(["zones", "plan"], () => this.paintZones(false));
    model.on(["selection", "layer"], () => this.paintZones(true));
    model.on(["theme", "layer"], () => this.repaint());
  }

  /** Draws the map. Call once, when the root stands in the page. */
  async start(): Promise<void> {
    const { region, dark } = this.model;
    try {
      this.map = makeBaseMap(this.canvasHost, region, paletteOf(dark));
    } catch {
      this.note.textContent = words.map.noWebgl;
      setAttribute(this.root, "data-ready", "unavailable");
      return;
    }
    this.overlay = new Overlay(this.map, (nowMs) => this.scene.at(nowMs));
    this.listenToPointer(this.map);
    this.keepFitted(this.map);
    this.addButtons(this.map);
    await Promise.all([this.loadZones(this.map), styled(this.map)]);
    this.loadLines(this.map);
  }

  private async loadZones(map: GlMap): Promise<void> {
    const [zones] = await Promise.all([this.client.geometry(this.model.region.area, "zones"), styled(map)]);
    const grounds = zones.features.map((f) => (f.properties as ZoneProperties | null)?.ground ?? "");
    (map.getSource(ZONES) as GeoJSONSource).setData(zones);
    this.zones = new ZonePaint(map, grounds);
    this.paintZones(true);
    const drawn = () => {
      if (!map.isSourceLoaded(ZONES)) return;
      map.off("render", drawn);
      this.note.hidden = true;
      setAttribute(this.root, "data-ready", "true");
    };
    map.on("render", drawn);
  }

  /** Lines are fetched by the map's own worker: they would only hold up the page on their way through it. */
  private loadLines(map: GlMap): void {
    for (const what of ["boundary", "districts", "roads"] as const) {
      const path = this.client.geometryPath(this.model.region.area, what);
      (map.getSource(what) as GeoJSONSource).setData(new URL(path, window.location.href).href);
    }
  }

  private pictureChanged(): void {
    this.scene.takePicture(performance.now());
    setAttribute(this.root, "data-moving-count", this.scene.movingCount);
  }

  private paintZones(now: boolean): void {
    const { layer, zonesLive, zonesShown, kind, regarded } = this.model;
    this.zones?.show({ layer, live: zonesLive, shown: zonesShown, kind, regarded }, now);
    setAttribute(this.root, "data-layer", layer);
  }

  private repaint(): void {
    if (this.map?.isStyleLoaded()) paint(this.map, paletteOf(this.model.dark), this.model.layer === "difference");
    else this.map?.once("idle", () => this.repaint());
  }

  private keepFitted(map: GlMap): void {
    // Only what an officer does carries an event of the page.
    map.on("movestart", (event) => {
      if (event.originalEvent) this.placedByHand = true;
    });
    map.on("resize", () => {
      if (!this.placedByHand) fitRegion(map, this.model.region, 0);
    });
  }

  private listenToPointer(map: GlMap): void {
    map.on("mousemove", (event) => {
      this.pointer = { x: event.point.x, y: event.point.y };
      if (this.pointerFrame === 0) this.pointerFrame = window.requestAnimationFrame(() => this.pointed());
    });
    map.on("mouseout", () => {
      this.pointer = null;
      this.tooltip.hide();
    });
    map.on("click", (event) => {
      const hit = this.overlay?.hitAt(event.point.x, event.point.y) ?? null;
      this.scene.pinned = hit && hit.id !== this.scene.pinned ? hit.id : null;
      this.overlay?.invalidate();
    });
  }

  private pointed(): void {
    this.pointerFrame = 0;
    if (!this.pointer || !this.map) return;
    const { x, y } = this.pointer;
    const hit = this.overlay?.hitAt(x, y) ?? this.zoneAt(this.map, x, y);
    this.map.getCanvas().style.cursor = hit && !("zone" in hit) ? "pointer" : "";
    if (hit) this.tooltip.show(x, y, hit);
    else this.tooltip.hide();
  }

  private zoneAt(map: GlMap, x: number, y: number): ZoneHit | null {
    if (!this.zones || map.isMoving()) return null;
    const feature = map.queryRenderedFeatures([x, y], { layers: ["zones"] })[0];
    if (!feature) return null;
    const properties = feature.properties as ZoneProperties;
    return { zone: Number(feature.id), name: properties.name, ground: properties.ground };
  }

  private addButtons(map: GlMap): void {
    const button = (label: string, sign: string, run: () => void) => {
      const node = el("button", { type: "button", "aria-label": label, title: label }, sign);
      node.addEventListener("click", run);
      return node;
    };
    this.root.append(
      el(
        "div",
        { class: "map-buttons" },
        button(words.map.zoomIn, "+", () => {
          this.placedByHand = true;
          map.zoomIn();
        }),
        button(words.map.zoomOut, "−", () => {
          this.placedByHand = true;
          map.zoomOut();
        }),
        button(words.map.whole, "⤢", () => {
          this.placedByHand = false;
          fitRegion(map, this.model.region);
        }),
      ),
    );
  }
}

function styled(map: GlMap): Promise<void> {
  return new Promise((resolve) => {
    if (map.isStyleLoaded()) resolve();
    else map.once("load", () => resolve());
  });
}
