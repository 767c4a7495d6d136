/**
 * Everything the console knows at one moment, and who wants to hear when it changes.
 * The stream writes it, views read it; changes are told together, once in a frame's time. Never draws, never sends.
 */
import type {
  Beat,
  HistoryPoint,
  Kind,
  PictureDelta,
  Plan,
  Region,
  Snapshot,
  Station,
  Zones,
} from "../api/types";
import type { ConnectionState } from "../api/live_stream";
import { decodeZones, type LayerName, type ZoneBytes } from "../zones/bands";
import { isLogAway, type Health } from "./health";
import { withPlan } from "./history";
import { isOlder, withKeptAdvice } from "./kept_advice";
import { applyDelta, fromSnapshot, type PictureState } from "./picture_state";
import { isHeld, PlanShelf } from "./plan_shelf";
import { choiceOf, type Choice, type ListedMove, type Preview } from "./preview";
import type { WhatIf } from "./what_if";

export type Topic = "picture" | "plan" | "zones" | "health" | "selection" | "layer" | "desk" | "theme" | "what_if" | "clusters";

// After a swap of the list a key meant for the old move must not hit the new one.
const DISARMED_MS = 700;
const NOTICE_MS = 2_500;
// Not tied to animation frames: a slow graphics card, or a window in the background, must not hold up the words.
const FLUSH_MS = 16;

export class ConsoleModel {
  readonly stations: ReadonlyMap<string, Station>;
  readonly kind: Kind;
  readonly shelf = new PlanShelf();
  picture: PictureState | null = null;
  latestPlan: Plan | null = null;
  history: HistoryPoint[] = [];
  zonesLive: ZoneBytes | null = null;
  zonesShown: ZoneBytes | null = null;
  health: Health = {
    lastMessageMs: null,
    lastBeat: null,
    lastBeatMs: null,
    logAwaySinceMs: null,
    connection: "connecting",
  };
  layer: LayerName = "now";
  dark = true;
  selectedId: string | null = null;
  hoveredId: string | null = null;
  /** The cluster of reports chosen by key or click, or null. */
  selectedClusterId: string | null = null;
  rejectingId: string | null = null;
  whyOpen = false;
  /** A short word to the officer about a key that did nothing, or null. */
  notice: string | null = null;
  pointerOverList = false;
  /** What is supposed and what would follow, beside the live picture; null while nothing is supposed. */
  whatIf: WhatIf | null = null;
  private lastKeySelectionMs: number | null = null;
  private armedAtMs = 0;
  private noticeTimer: number | undefined;
  private readonly dirty = new Set<Topic>();
  private readonly listeners: { topics: readonly Topic[]; run: () => void }[] = [];
  private timer: number | undefined;

  constructor(readonly region: Region) {
    this.stations = new Map(region.stations.map((s) => [s.id, s]));
    const kind = region.kinds[0];
    if (!kind) throw new Error("the region names no kind of appliance; it must name at least one");
    this.kind = kind;
  }

  on(topics: readonly Topic[], run: () => void): void {
    this.listeners.push({ topics, run });
  }

  changed(...topics: Topic[]): void {
    for (const topic of topics) this.dirty.add(topic);
    this.timer ??= window.setTimeout(() => this.flush(), FLUSH_MS);
  }

  private flush(): void {
    this.timer = undefined;
    const topics = new Set(this.dirty);
    this.dirty.clear();
    for (const listener of this.listeners) {
      if (listener.topics.some((t) => topics.has(t))) listener.run();
    }
  }

  // What comes from the stream.

  takeSnapshot(message: Snapshot): void {
    this.heard();
    this.picture = fromSnapshot(message.picture);
    this.history = message.history;
    if (message.plan) this.showPlan(message.plan); // also an older one: the service may have begun anew
    if (message.zones) this.takeZones(message.zones);
    this.changed("picture", "clusters");
  }

  takeDelta(message: PictureDelta): void {
    this.heard();
    if (this.picture) this.picture = applyDelta(this.picture, message);
    this.changed("picture");
    if (message.clusters) this.changed("clusters");
  }

  takePlan(plan: Plan): void {
    this.heard();
    // One that a snapshot has overtaken: messages and snapshots may come by different ways.
    if (this.latestPlan && isOlder(plan, this.latestPlan)) return;
    this.showPlan(plan);
  }

  private showPlan(plan: Plan): void {
    const full = withKeptAdvice(plan, this.latestPlan);
    this.latestPlan = full;
    this.history = withPlan(this.history, full);
    const outcome = this.shelf.offer(full, this.held());
    if (outcome === "swapped") this.afterSwap();
    this.changed("plan");
  }

  takeZones(message: Zones): void {
    this.heard();
    this.zonesLive = decodeZones(message);
    const shownPlan = this.shelf.shown?.plan_id;
    if (this.zonesShown === null || message.plan_id === shownPlan) this.zonesShown = this.zonesLive;
    this.changed("zones");
  }

  takeBeat(beat: Beat): void {
    this.heard();
    this.health.lastBeat = beat;
    this.health.lastBeatMs = Date.now();
    this.health.logAwaySinceMs = isLogAway(this.health) ? (this.health.logAwaySinceMs ?? Date.now()) : null;
    this.changed("health");
  }

  takeConnection(state: ConnectionState): void {
    this.health.connection = state;
    this.changed("health");
  }

  private heard(): void {
    this.health.lastMessageMs = Date.now();
  }

  kindOf(id: string): Kind {
    return this.region.kinds.find((k) => k.id === id) ?? this.kind;
  }

  // What the officer looks at.

  /** The moves on display: the recommended ones, or those of a choice that is looked at instead. */
  get moves(): readonly ListedMove[] {
    return this.shelf.moves;
  }

  /** The choice looked at instead of the recommended moves, or null. */
  get previewed(): Choice | null {
    const { shown, preview } = this.shelf;
    return shown && preview ? choiceOf(shown, preview) : null;
  }

  get selected(): ListedMove | null {
    return this.moves.find((m) => m.move_id === this.selectedId) ?? null;
  }

  /** The move whose effects the map shows: the one pointed at, else the one chosen by key or click. */
  get regarded(): ListedMove | null {
    return this.moves.find((m) => m.move_id === this.hoveredId) ?? (this.regardSelected ? this.selected : null);
  }

  /** True once the officer has chosen a move; the first of a list is only preselected. */
  regardSelected = false;

  get armed(): boolean {
    return Date.now() >= this.armedAtMs;
  }

  held(): boolean {
    return isHeld({
      pointerOverList: this.pointerOverList,
      dialogOpen: this.rejectingId !== null || this.shelf.preview !== null,
      lastKeySelectionMs: this.lastKeySelectionMs,
      nowMs: Date.now(),
    });
  }

  select(moveId: string, byKey: boolean): void {
    if (this.selectedId !== moveId) this.rejectingId = null;
    this.selectedId = moveId;
    this.regardSelected = true;
    if (byKey) this.lastKeySelectionMs = Date.now();
    this.changed("selection");
  }

  hover(moveId: string | null): void {
    if (this.hoveredId === moveId) return;
    this.hoveredId = moveId;
    this.changed("selection");
  }

  selectCluster(cluster: string | null): void {
    this.selectedClusterId = cluster;
    this.changed("clusters");
  }

  notify(text: string): void {
    this.notice = text;
    this.changed("selection");
    window.clearTimeout(this.noticeTimer);
    this.noticeTimer = window.setTimeout(() => {
      this.notice = null;
      this.changed("selection");
    }, NOTICE_MS);
  }

  setRejecting(moveId: string | null): void {
    this.rejectingId = moveId;
    this.changed("selection");
  }

  setLayer(layer: LayerName): void {
    this.layer = layer;
    this.changed("layer");
  }

  setWhatIf(state: WhatIf | null): void {
    // A digit for the sheet that opens must not answer an older question why not.
    if (this.whatIf === null && state !== null && this.rejectingId !== null) this.setRejecting(null);
    this.whatIf = state;
    this.changed("what_if");
  }

  /** Zone times on the map: the live ones, unless the officer has asked for those of the supposition. */
  get zonesPainted(): { live: ZoneBytes | null; shown: ZoneBytes | null; supposed: boolean } {
    const supposed = this.whatIf?.zonesOnMap ? (this.whatIf.answered?.zones ?? null) : null;
    if (supposed) return { live: supposed, shown: supposed, supposed: true };
    return { live: this.zonesLive, shown: this.zonesShown, supposed: false };
  }

  /** Looks at another choice of the shown plan; null goes back to the recommended moves. Returns whether it could. */
  look(preview: Preview | null): boolean {
    if (!this.shelf.look(preview)) return false;
    this.rejectingId = null;
    this.keepOrDisarm();
    this.changed("plan", "selection");
    return true;
  }

  /** Shows the waiting plan when nothing holds the shown one (or when the officer asks for it). */
  releaseWaiting(asked: boolean): void {
    if (!asked && this.held()) return;
    if (!this.shelf.release()) return;
    this.afterSwap();
    this.changed("plan", "zones");
  }

  private afterSwap(): void {
    if (this.zonesLive?.planId === this.shelf.shown?.plan_id) this.zonesShown = this.zonesLive;
    this.keepOrDisarm();
  }

  /** A key meant for the old list must not hit the new one, whether a plan or a late preview replaced it. */
  private keepOrDisarm(): void {
    if (!this.keepSelection()) this.armedAtMs = Date.now() + DISARMED_MS;
  }

  /** Keeps what is chosen where the list still has it, else chooses the first. Returns whether it was kept. */
  private keepSelection(): boolean {
    const ids = this.moves.map((m) => m.move_id);
    if (this.hoveredId !== null && !ids.includes(this.hoveredId)) this.hoveredId = null;
    if (this.rejectingId !== null && !ids.includes(this.rejectingId)) this.rejectingId = null;
    if (this.selectedId !== null && ids.includes(this.selectedId)) return true;
    this.selectedId = ids[0] ?? null;
    this.regardSelected = false;
    this.whyOpen = false;
    return false;
  }
}
