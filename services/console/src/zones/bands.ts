/**
 * Zone times on the wire, and the bands they are drawn in. One byte per zone: ceil(seconds / step), 180 = none
 * within the cap. Pure: no colours, no map.
 */
import type { Kind, Zones } from "../api/types";

export const UNKNOWN_BYTE = 180;
export const BAND_COUNT = 5;
// Bands are two minutes apart, and the second boundary is the target itself: 4 / 6 / 8 / 10 for 6 minutes.
const BAND_STEP_S = 120;
// Changes smaller than this are not shown as better or worse.
export const SMALL_CHANGE_S = 20;
export const LARGE_CHANGE_S = 60;

export type LayerName = "now" | "after" | "difference" | "second" | "unconfirmed";
export const LAYERS: readonly LayerName[] = ["now", "after", "difference", "second", "unconfirmed"];

export interface ZoneBytes {
  planId: string;
  kind: string;
  stepS: number;
  nowFirst: Uint8Array;
  nowSecond: Uint8Array;
  afterFirst: Uint8Array;
  afterSecond: Uint8Array;
  /** Hundredths of a call an hour that reports add to each zone; empty where they add nothing. */
  raised: Uint8Array;
}

export function decodeBytes(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export function decodeZones(zones: Zones): ZoneBytes {
  return {
    planId: zones.plan_id,
    kind: zones.kind,
    stepS: zones.step_s,
    nowFirst: decodeBytes(zones.now_first),
    nowSecond: decodeBytes(zones.now_second),
    afterFirst: decodeBytes(zones.after_first),
    afterSecond: decodeBytes(zones.after_second),
    raised: decodeBytes(zones.raised ?? ""),
  };
}

/** Upper edges of the first four bands in seconds, for a target. */
export function bandEdges(targetS: number): number[] {
  return [targetS - BAND_STEP_S, targetS, targetS + BAND_STEP_S, targetS + 2 * BAND_STEP_S];
}

/** Band 0 (fastest) … 4 (slowest, or none). Bands 2 and above are over the target. */
export function bandOf(seconds: number, edges: readonly number[]): number {
  const band = edges.findIndex((edge) => seconds <= edge);
  return band === -1 ? BAND_COUNT - 1 : band;
}

/** Band of a change in seconds (after − now): 0 much faster, 1 faster, 2 same, 3 slower, 4 much slower. */
export function changeBandOf(changeS: number): number {
  if (changeS <= -LARGE_CHANGE_S) return 0;
  if (changeS <= -SMALL_CHANGE_S) return 1;
  if (changeS < SMALL_CHANGE_S) return 2;
  return changeS < LARGE_CHANGE_S ? 3 : 4;
}

/** Layers that show a change, on the scale of changes: as usual in the middle, hatched from band 3 on. */
export function showsChange(layer: LayerName): boolean {
  return layer === "difference" || layer === "unconfirmed";
}

// Hundredths of a call an hour that reports add to a zone, from which on it is shown as raised strongly.
export const STRONG_RAISE = 5;

/** Bands of raised demand, of `count` zones: 2 as usual, 3 raised, 4 raised strongly. */
export function raiseBands(raised: Uint8Array, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, zone) => {
    const hundredths = raised[zone] ?? 0;
    return hundredths === 0 ? 2 : hundredths < STRONG_RAISE ? 3 : 4;
  });
}

/** The band of every zone in a layer. `live` is the newest picture, `shown` belongs to the plan on display. */
export function layerBands(layer: LayerName, live: ZoneBytes, shown: ZoneBytes, kind: Kind): Uint8Array {
  const first = bandEdges(kind.first_target_s);
  const second = bandEdges(kind.second_target_s);
  if (layer === "now") return timeBands(live.nowFirst, live.stepS, first);
  if (layer === "unconfirmed") return raiseBands(live.raised, live.nowFirst.length);
  if (layer === "second") return timeBands(live.nowSecond, live.stepS, second);
  if (layer === "after") return timeBands(shown.afterFirst, shown.stepS, first);
  return shown.nowFirst.map((now, zone) => changeBandOf(((shown.afterFirst[zone] ?? now) - now) * shown.stepS));
}

function timeBands(bytes: Uint8Array, stepS: number, edges: readonly number[]): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, byte) =>
    byte >= UNKNOWN_BYTE ? BAND_COUNT - 1 : bandOf(byte * stepS, edges),
  );
  return bytes.map((byte) => table[byte] ?? BAND_COUNT - 1);
}
