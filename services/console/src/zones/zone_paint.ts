/**
 * Puts bands, hatching and tints of zones on the map as feature state, only for zones that changed and at most
 * a few times a second. Never decides colours.
 */
import type { Map as GlMap } from "maplibre-gl";
import type { GroundChange } from "../api/types";
import { ZONES } from "../map/base_map";
import { layerBands, showsChange, type LayerName, type ZoneBytes } from "./bands";
import type { Kind } from "../api/types";

// Four repaints of the zones a second are as much as an eye follows; more would starve what moves.
const STEP_MS = 250;
const FIRST_OVER_TARGET_BAND = 2;
const FIRST_SLOWER_BAND = 3;

export interface ZoneView {
  layer: LayerName;
  live: ZoneBytes | null;
  shown: ZoneBytes | null;
  kind: Kind;
  regarded: { move_id: string; gains: GroundChange[]; loses: GroundChange[] } | null;
}

// A zone's state in one byte: band, plus flags.
const HATCHED = 16;
const GAINS = 32;
const LOSES = 64;

export class ZonePaint {
  private painted: Uint8Array;
  private wanted: ZoneView | null = null;
  private timer: number | undefined;
  private lastMs = 0;
  private readonly zonesOfGround = new Map<string, number[]>();

  constructor(
    private readonly map: GlMap,
    grounds: readonly string[],
  ) {
    this.painted = new Uint8Array(grounds.length).fill(255);
    grounds.forEach((ground, zone) => {
      const list = this.zonesOfGround.get(ground);
      if (list) list.push(zone);
      else this.zonesOfGround.set(ground, [zone]);
    });
  }

  /** Asks for a view to be painted; `now` for what an officer has just done. */
  show(view: ZoneView, now: boolean): void {
    this.wanted = view;
    const wait = now ? 0 : Math.max(0, this.lastMs + STEP_MS - performance.now());
    if (wait === 0) this.paint();
    else this.timer ??= window.setTimeout(() => this.paint(), wait);
  }

  private paint(): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    this.lastMs = performance.now();
    const view = this.wanted;
    if (!view?.live || !view.shown) return;
    const next = this.statesOf(view, view.live, view.shown);
    for (let zone = 0; zone < next.length; zone += 1) {
      const state = next[zone] ?? 0;
      if (state === this.painted[zone]) continue;
      const tint = state & LOSES ? 2 : state & GAINS ? 1 : 0;
      this.map.setFeatureState({ source: ZONES, id: zone }, { band: state & 15, hatch: state & HATCHED ? 1 : 0, tint });
    }
    this.painted = next;
  }

  private statesOf(view: ZoneView, live: ZoneBytes, shown: ZoneBytes): Uint8Array {
    const hatchFrom = showsChange(view.layer) ? FIRST_SLOWER_BAND : FIRST_OVER_TARGET_BAND;
    const bands = layerBands(view.layer, live, shown, view.kind);
    const states = new Uint8Array(this.painted.length);
    for (let zone = 0; zone < states.length; zone += 1) {
      const band = bands[zone] ?? 0;
      states[zone] = band | (band >= hatchFrom ? HATCHED : 0);
    }
    for (const gain of view.regarded?.gains ?? []) this.mark(states, gain.station, GAINS);
    for (const loss of view.regarded?.loses ?? []) this.mark(states, loss.station, LOSES | HATCHED);
    return states;
  }

  private mark(states: Uint8Array, ground: string, flag: number): void {
    for (const zone of this.zonesOfGround.get(ground) ?? []) states[zone] = (states[zone] ?? 0) | flag;
  }
}
