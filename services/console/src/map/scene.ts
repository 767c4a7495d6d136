/**
 * Makes the overlay's scene from the model: what is drawn, where, how strongly. Holds motion and fades, for they
 * live in time. Never draws.
 */
import type { GroundChange, PlanMove } from "../api/types";
import type { ConsoleModel } from "../state/console_model";
import type { Commands } from "../state/commands";
import { isMoving, standingByStation } from "../state/picture_state";
import { words } from "../words/catalogue";
import { whole } from "../words/format";
import { Motion } from "./motion";
import { MoveFades } from "./move_fades";
import type { EffectMark, Scene } from "./overlay";
import { paletteOf } from "./palette";
import { supposedMark } from "./supposed_mark";
import type { MovingMark } from "./draw_appliances";
import type { MoveMark } from "./draw_moves";
import type { StationMark } from "./draw_stations";

// More plates than this hide the map they explain.
const EFFECTS_SHOWN = 4;

export class SceneMaker {
  pinned: string | null = null;
  private readonly motion = new Motion();
  private readonly fades = new MoveFades();
  private stations: StationMark[] = [];

  constructor(
    private readonly model: ConsoleModel,
    private readonly commands: Commands,
  ) {}

  get movingCount(): number {
    return [...(this.model.picture?.appliances.values() ?? [])].filter(isMoving).length;
  }

  takePicture(nowMs: number): void {
    const { picture } = this.model;
    if (!picture) return;
    const moving = new Set<string>();
    for (const appliance of picture.appliances.values()) {
      if (!isMoving(appliance) || appliance.lon === null || appliance.lat === null) continue;
      moving.add(appliance.id);
      this.motion.report(appliance.id, appliance.lon, appliance.lat, nowMs);
    }
    this.motion.keepOnly(moving);
    this.placeStations();
  }

  takePlan(): void {
    this.fades.want(this.model.moves.map((move) => this.routed(move)));
  }

  /** A move whose way is not told is drawn straight from station to station. */
  private routed(move: PlanMove): PlanMove {
    if (move.route.length > 0) return move;
    const ends = [move.from_station, move.to_station].flatMap((id) => this.model.stations.get(id) ?? []);
    return { ...move, route: ends.map((s): [number, number] => [s.lon, s.lat]) };
  }

  placeStations(): void {
    const { picture, region, regarded } = this.model;
    if (!picture) return;
    const standing = standingByStation(picture);
    const ends = new Set(regarded ? [regarded.from_station, regarded.to_station] : []);
    // A ground's plate says the station's name already.
    const plated = new Set(
      regarded ? [...shownOf(regarded.gains), ...shownOf(regarded.loses)].map((c) => c.station) : [],
    );
    this.stations = region.stations.map((station) => ({
      station,
      standing: standing.get(station.id) ?? [],
      named: ends.has(station.id) && !plated.has(station.id),
    }));
  }

  at(nowMs: number): Scene | null {
    const { picture, kind, dark } = this.model;
    if (!picture) return null;
    const fading = this.fades.step(nowMs);
    return {
      palette: paletteOf(dark),
      firstKind: kind.id,
      stations: this.stations,
      incidents: [...picture.incidents.values()].sort((a, b) => a.committed.length - b.committed.length),
      moving: this.movingMarks(nowMs),
      moves: this.moveMarks(),
      effects: this.effects(),
      supposed: supposedMark(this.model),
      pinned: this.pinned,
      active: fading || this.motion.active(nowMs),
    };
  }

  private movingMarks(nowMs: number): MovingMark[] {
    const marks: MovingMark[] = [];
    for (const appliance of this.model.picture?.appliances.values() ?? []) {
      const place = isMoving(appliance) ? this.motion.place(appliance.id, nowMs) : null;
      if (place) marks.push({ appliance, place });
    }
    return marks;
  }

  private moveMarks(): MoveMark[] {
    const { regarded, shelf } = this.model;
    const list = this.fades.list();
    const greatest = Math.max(1e-9, ...list.map((f) => f.move.contribution));
    return list
      .map(({ move, alpha }) => {
        const phase = this.commands.progress(move.move_id)?.phase ?? "recommended";
        return {
          move,
          alpha: phase === "rejected" || phase === "overtaken" ? alpha * 0.25 : alpha,
          regarded: regarded?.move_id === move.move_id,
          dimmed: regarded !== null && regarded.move_id !== move.move_id,
          previewed: shelf.preview !== null,
          decided: phase !== "recommended" && phase !== "sending",
          weight: Math.min(1, Math.max(0, move.contribution / greatest)),
        };
      })
      .sort((a, b) => Number(a.regarded) - Number(b.regarded));
  }

  private effects(): EffectMark[] {
    const move = this.model.regarded;
    if (!move) return [];
    return [...this.effectsOf(move.loses, move, false), ...this.effectsOf(move.gains, move, true)];
  }

  private effectsOf(changes: readonly GroundChange[], move: PlanMove, better: boolean): EffectMark[] {
    const say = better ? words.map.faster : words.map.slower;
    return shownOf(changes).flatMap((change) => {
      const station = this.model.stations.get(change.station);
      if (!station || move.route.length === 0) return [];
      return [{ lon: station.lon, lat: station.lat, text: `${station.name} ${say(whole(change.seconds))}`, better }];
    });
  }
}

function shownOf(changes: readonly GroundChange[]): readonly GroundChange[] {
  return changes.slice(0, EFFECTS_SHOWN);
}
