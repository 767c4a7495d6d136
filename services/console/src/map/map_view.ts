/**
 * The map as one thing: still ground below, living overlay above, tooltip, zoom buttons. Follows the model.
 * Never decides anything; where WebGL is missing it says so and the rest of the console works.
 */
import type { Map as GlMap, GeoJSONSource } from "maplibre-gl";
import type { ApiClient } from "../api/client";
import type { ZoneProperties } from "../api/types";
import { el, setAttribute } from "../dom/element";
import type { ClusterDesk } from "../state/cluster_desk";
import type { Commands } from "../state/commands";
import type { ConsoleModel } from "../state/console_model";
import { words } from "../words/catalogue";
import type { WhatIfDesk } from "../state/what_if_desk";
import { showsChange } from "../zones/bands";
import { ZonePaint } from "../zones/zone_paint";
import { fitRegion, makeBaseMap, paint, ZONES } from "./base_map";
import { ClusterMarks } from "./cluster_marks";
import { Overlay } from "./overlay";
import { paletteOf } from "./palette";
import { SceneMaker } from "./scene";
import type { Hit } from "./pen";
import { MapSign } from "./map_sign";
import { Tooltip, type ZoneHit } from "./tooltip";

// Kept free around a supposed incident that is moved out from under the what-if panel.
const CLEAR_PX = 70;
const PAN_MS = 600;

export class MapView {
  readonly root = el("section", { class: "map", "data-testid": "map", "aria-label": words.map.label });
  private readonly canvasHost = el("div", { class: "map-canvas" });
  private readonly note = el("p", { class: "map-note", role: "status" }, words.map.loading);
  /** Stands above the legend. */
  readonly signs = new MapSign();
  private readonly tooltip: Tooltip;
  private readonly scene: SceneMaker;
  private map: GlMap | null = null;
  private overlay: Overlay | null = null;
  private zones: ZonePaint | null = null;
  private pointer: { x: number; y: number } | null = null;
  private pointerFrame = 0;
  /** True once the operator has panned or zoomed: from then on a new size of the window leaves the view alone. */
  private placedByHand = false;
  /** The supposed place last seen to be clear of the panel, so that an officer's own panning is not fought. */
  private clearedFor = "";

  constructor(
    private readonly model: ConsoleModel,
    commands: Commands,
    private readonly client: ApiClient,
    private readonly whatIf: WhatIfDesk,
    private readonly clusters: ClusterDesk,
  ) {
    this.root.append(this.canvasHost, this.note);
    this.tooltip = new Tooltip(this.root, model);
    this.scene = new SceneMaker(model, commands);
    model.on(["picture"], () => this.pictureChanged());
    model.on(["plan"], () => this.scene.takePlan());
    model.on(["selection"], () => this.scene.placeStations());
    model.on(["picture", "plan", "selection", "desk", "theme", "what_if"], () => this.overlay?.invalidate());
    model.on(["zones", "plan"], () => this.paintZones(false));
    model.on(["selection", "layer", "what_if"], () => this.paintZones(true));
    model.on(["theme", "layer"], () => this.repaint());
    model.on(["what_if"], () => this.clearPlace());
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
    new ClusterMarks(this.map, this.model, this.clusters);
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
    const { layer, zonesPainted, kind, regarded, whatIf, shelf } = this.model;
    const { live, shown, supposed } = zonesPainted;
    // A live move's gains and losses have no place on supposed zones.
    this.zones?.show({ layer, live, shown, kind, regarded: supposed ? null : regarded }, now);
    setAttribute(this.root, "data-supposed-zones", supposed);
    setAttribute(this.root, "data-what-if", whatIf !== null);
    this.signs.show(supposed ? words.whatIf.zonesOnMap : shelf.preview !== null ? words.preview.onMap : "");
    setAttribute(this.root, "data-layer", layer);
  }

  private repaint(): void {
    if (this.map?.isStyleLoaded()) paint(this.map, paletteOf(this.model.dark), showsChange(this.model.layer));
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

  /** The panel lies over the map, which stays as it is: only a supposed place under the panel is panned clear. */
  private clearPlace(): void {
    const place = this.model.whatIf?.question.place ?? null;
    // Looked at again when the answer has made the panel longer.
    const answered = this.model.whatIf?.answered?.question.place === place;
    const reason = place === null ? "" : `${place.lon} ${place.lat} ${answered}`;
    if (reason === this.clearedFor) return;
    this.clearedFor = reason;
    const panel = this.root.querySelector(".what-if")?.getBoundingClientRect();
    if (!this.map || !place || !panel) return;
    const frame = this.root.getBoundingClientRect();
    const at = this.map.project([place.lon, place.lat]);
    const [left, bottom] = [panel.left - frame.left - CLEAR_PX, panel.bottom - frame.top + CLEAR_PX];
    if (at.x <= left || at.y >= bottom || left <= CLEAR_PX) return;
    this.map.panBy([at.x - left, 0], { duration: PAN_MS });
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
      if (this.model.whatIf) return this.supposeAt(event.point, event.lngLat, hit);
      this.scene.pinned = hit && hit.id !== this.scene.pinned ? hit.id : null;
      this.overlay?.invalidate();
    });
  }

  /** A press on the map while a what-if is open: the incident stands here, or what stands here goes off the run. */
  private supposeAt(point: { x: number; y: number }, at: { lng: number; lat: number }, hit: Hit | null): void {
    if (this.model.whatIf?.mode === "off_run") {
      if (hit?.kind === "appliance") this.whatIf.toggleOffRun(hit.id);
      if (hit?.kind === "station") this.whatIf.offerStation(hit.id);
      return;
    }
    const zone = this.map ? this.zoneAt(this.map, point.x, point.y) : null;
    const ground = zone ? (this.model.stations.get(zone.ground)?.name ?? zone.ground) : "";
    const name = zone ? words.whatIf.placeOf(zone.name, ground) : words.whatIf.placeUnnamed;
    this.whatIf.place({ lon: at.lng, lat: at.lat, name });
  }

  private pointed(): void {
    this.pointerFrame = 0;
    if (!this.pointer || !this.map) return;
    const { x, y } = this.pointer;
    const hit = this.overlay?.hitAt(x, y) ?? this.zoneAt(this.map, x, y);
    const idle = this.model.whatIf?.mode === "incident" ? "crosshair" : "";
    this.map.getCanvas().style.cursor = hit && !("zone" in hit) && idle === "" ? "pointer" : idle;
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
