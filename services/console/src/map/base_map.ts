/**
 * The still part of the map: ground, zones, roads by class, districts, boundary, drawn by MapLibre from the
 * region's own geometry. Never asks any other address, never draws text or what moves (see overlay).
 */
import { Map as GlMap, type StyleSpecification } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import type { Region } from "../api/types";
import { BAND_COUNT } from "../zones/bands";
import { hatchImage } from "./hatch";
import "./map_worker";
import type { Palette } from "./palette";

export const ZONES = "zones";
// Room for the buttons and for the bar below the map.
const FIT_PADDING = { top: 28, left: 28, right: 28, bottom: 72 };
const FIT_MS = 300;
const MAX_ZOOM = 17;
// Beyond this depth zone polygons are only scaled: they are finer than a pixel by then.
const GEOMETRY_MAX_ZOOM = 13;
const LOCAL_ROADS_FROM_ZOOM = 11.5;
const SECONDARY_ROADS_FROM_ZOOM = 9;

type Expression = import("maplibre-gl").ExpressionSpecification;

/** Colour of a zone: its band, unless the regarded move makes its ground better or worse. */
function zoneColour(palette: Palette, colours: readonly string[]): Expression {
  const stops = Array.from({ length: BAND_COUNT }, (_, band) => [band, colours[band] ?? palette.unknown]).flat();
  const band = ["match", ["coalesce", ["feature-state", "band"], -1], ...stops, palette.unknown];
  const tint = ["coalesce", ["feature-state", "tint"], 0];
  return ["match", tint, 1, palette.gain, 2, palette.lose, band] as unknown as Expression;
}

const HATCH_OPACITY = ["case", ["==", ["feature-state", "hatch"], 1], 1, 0] as unknown as Expression;
function roadWidth(atEight: number, atFourteen: number): Expression {
  return ["interpolate", ["exponential", 1.5], ["zoom"], 8, atEight, 14, atFourteen];
}

function style(palette: Palette): StyleSpecification {
  const empty = { type: "FeatureCollection" as const, features: [] };
  const source = {
    type: "geojson" as const,
    data: empty as GeoJSON.GeoJSON | string,
    maxzoom: GEOMETRY_MAX_ZOOM,
    tolerance: 0.3,
  };
  const road = (classes: string[]) => ["match", ["get", "speed_class"], classes, true, false] as unknown as Expression;
  return {
    version: 8,
    sources: { zones: { ...source, buffer: 16 }, roads: source, boundary: source, districts: source },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": palette.ground } },
      { id: "zones", type: "fill", source: "zones", paint: { "fill-color": zoneColour(palette, palette.bands) } },
      {
        id: "zones-hatch",
        type: "fill",
        source: "zones",
        paint: { "fill-pattern": "hatch", "fill-opacity": HATCH_OPACITY, "fill-antialias": false },
      },
      {
        id: "districts",
        type: "line",
        source: "districts",
        paint: { "line-color": palette.district, "line-width": 1 },
      },
      {
        id: "roads-local",
        type: "line",
        source: "roads",
        minzoom: LOCAL_ROADS_FROM_ZOOM,
        filter: road(["local"]),
        paint: { "line-color": palette.road, "line-width": roadWidth(0.2, 1.4) },
      },
      {
        id: "roads-secondary",
        type: "line",
        source: "roads",
        minzoom: SECONDARY_ROADS_FROM_ZOOM,
        filter: road(["secondary"]),
        paint: { "line-color": palette.road, "line-width": roadWidth(0.4, 3) },
      },
      {
        id: "roads-major",
        type: "line",
        source: "roads",
        filter: road(["primary", "motorway"]),
        layout: { "line-cap": "round", "line-join": "round" },
        paint: { "line-color": palette.roadMajor, "line-width": roadWidth(0.7, 5) },
      },
      {
        id: "boundary",
        type: "line",
        source: "boundary",
        layout: { "line-join": "round" },
        paint: { "line-color": palette.boundary, "line-width": 1.6 },
      },
    ],
  };
}

/** Makes the map in `container`. Throws where the browser has no WebGL. */
export function makeBaseMap(container: HTMLElement, region: Region, palette: Palette): GlMap {
  const map = new GlMap({
    container,
    style: style(palette),
    bounds: region.bbox,
    fitBoundsOptions: { padding: FIT_PADDING },
    maxZoom: MAX_ZOOM,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 0,
    renderWorldCopies: false,
    refreshExpiredTiles: false,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.setMissingStyleImageResolver((id) => {
    if (id === "hatch") map.addImage(id, hatchImage(palette.hatch), { pixelRatio: 2 });
  });
  return map;
}

/** Shows the whole region. */
export function fitRegion(map: GlMap, region: Region, duration = FIT_MS): void {
  map.fitBounds(region.bbox, { padding: FIT_PADDING, duration });
}

/** Puts the colours of a theme, and of the layer's scale, on the map. */
export function paint(map: GlMap, palette: Palette, difference: boolean): void {
  const colours = difference ? palette.changes : palette.bands;
  map.setPaintProperty("ground", "background-color", palette.ground);
  map.setPaintProperty("zones", "fill-color", zoneColour(palette, colours));
  map.setPaintProperty("districts", "line-color", palette.district);
  map.setPaintProperty("roads-local", "line-color", palette.road);
  map.setPaintProperty("roads-secondary", "line-color", palette.road);
  map.setPaintProperty("roads-major", "line-color", palette.roadMajor);
  map.setPaintProperty("boundary", "line-color", palette.boundary);
  if (map.hasImage("hatch")) map.updateImage("hatch", hatchImage(palette.hatch));
}
