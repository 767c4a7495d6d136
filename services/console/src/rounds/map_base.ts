/**
 * The still part of the map of rounds: the council's streets, and each stop's street side in the colour of its round,
 * drawn by MapLibre. Never asks any other address, never draws text or what moves (see map_overlay).
 */
import { Map as GlMap, type GeoJSONSource, type StyleSpecification } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import type { Council } from "../api/rounds_types";
import "../map/map_worker";
import type { Palette } from "../map/palette";

export const STOPS = "stops";
const CLOSED = "closed";
const FIT_PADDING = { top: 24, left: 24, right: 60, bottom: 64 };
const MAX_ZOOM = 18;
const GEOMETRY_MAX_ZOOM = 15;

type Expression = import("maplibre-gl").ExpressionSpecification;

const state = (name: string, otherwise: string | number | boolean) => ["coalesce", ["feature-state", name], otherwise];
const DONE = ["==", state("done", false), true];
const DIM = ["==", state("dim", false), true];

function stopColour(palette: Palette): Expression {
  return ["to-color", state("colour", palette.quiet), palette.quiet] as unknown as Expression;
}

const STOP_WIDTH = [
  "interpolate",
  ["exponential", 1.4],
  ["zoom"],
  11,
  ["case", DONE, 0.8, 2.2],
  14,
  ["case", DONE, 1.4, 5],
  17,
  ["case", DONE, 2.5, 10],
] as unknown as Expression;

const STOP_OPACITY = ["case", DIM, ["case", DONE, 0.12, 0.25], ["case", DONE, 0.4, 1]] as unknown as Expression;

function style(palette: Palette): StyleSpecification {
  const empty = { type: "FeatureCollection" as const, features: [] };
  const source = { type: "geojson" as const, data: empty, maxzoom: GEOMETRY_MAX_ZOOM, tolerance: 0.3 };
  const round = { "line-cap": "round" as const, "line-join": "round" as const };
  return {
    version: 8,
    sources: { streets: source, stops: source, closed: source },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": palette.ground } },
      {
        id: "streets",
        type: "line",
        source: "streets",
        layout: round,
        paint: {
          "line-color": palette.roadMajor,
          "line-width": ["interpolate", ["linear"], ["zoom"], 11, 0.4, 16, 3] as unknown as Expression,
        },
      },
      {
        id: STOPS,
        type: "line",
        source: STOPS,
        layout: round,
        paint: { "line-color": stopColour(palette), "line-width": STOP_WIDTH, "line-opacity": STOP_OPACITY },
      },
      {
        id: CLOSED,
        type: "line",
        source: CLOSED,
        paint: { "line-color": palette.incident, "line-width": 5, "line-dasharray": [0.8, 0.8] },
      },
    ],
  };
}

/** Makes the map in `container`. Throws where the browser has no WebGL. */
export function makeRoundsMap(container: HTMLElement, council: Council, palette: Palette): GlMap {
  const map = new GlMap({
    container,
    style: style(palette),
    bounds: council.bbox,
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
  return map;
}

export function fitCouncil(map: GlMap, council: Council, duration = 300): void {
  map.fitBounds(council.bbox, { padding: FIT_PADDING, duration });
}

/** Puts the council's lines on the map. The place of a stop in the council's list is its feature's id. */
export function drawLines(map: GlMap, council: Council): void {
  (map.getSource("streets") as GeoJSONSource).setData(collection(council.streets.line));
  (map.getSource(STOPS) as GeoJSONSource).setData(collection(council.stops.line));
}

export function drawClosed(map: GlMap, lines: readonly (readonly [number, number][])[]): void {
  (map.getSource(CLOSED) as GeoJSONSource).setData(collection(lines));
}

function collection(lines: readonly (readonly [number, number][])[]): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: lines.map((line, id) => ({
      type: "Feature",
      id,
      properties: {},
      geometry: { type: "LineString", coordinates: line as [number, number][] },
    })),
  };
}

/** Puts the colours of a theme on the map. */
export function paintMap(map: GlMap, palette: Palette): void {
  map.setPaintProperty("ground", "background-color", palette.ground);
  map.setPaintProperty("streets", "line-color", palette.roadMajor);
  map.setPaintProperty(STOPS, "line-color", stopColour(palette));
  map.setPaintProperty(CLOSED, "line-color", palette.incident);
}
