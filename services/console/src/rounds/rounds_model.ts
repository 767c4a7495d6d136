/**
 * Everything the Rounds view knows at one moment: the day, the proposals, what the manager looks at.
 * The stream writes it, views read it. Never draws, never sends.
 */
import type { ConnectionState } from "../api/live_stream";
import type {
  Change,
  Cluster,
  Council,
  Day,
  DayDelta,
  OptionKey,
  RoundsOption,
  RoundsProposal,
  RoundsSnapshot,
} from "../api/rounds_types";
import type { Beat } from "../api/types";
import { isLogAway, isOutOfTouch, type Health } from "../state/health";
import { CouncilIndex } from "./council_index";
import { mergeDay, openChanges, placesOf, type StopPlace } from "./day_state";
import { effectsOf, NO_EFFECTS, type Effects } from "./option_effects";
import { optionOf, ProposalShelf } from "./proposal_shelf";
import { Topics } from "./topics";
import { rowOf, type Row, type RowFilter } from "./timeline_rows";

export type Topic = "day" | "proposals" | "health" | "selection" | "drag" | "desk" | "theme" | "notice";

// A key pressed on a card must not hit an answer that came in the same moment.
const KEY_HOLD_MS = 2_500;
const POINTER_HOLD_MS = 6_000;
const NOTICE_MS = 6_000;
// After a change of what is selected that the manager has not made, keys decide nothing for so long.
const DISARMED_MS = 700;

export class RoundsModel {
  readonly index: CouncilIndex;
  readonly shelf = new ProposalShelf();
  day: Day | null = null;
  places: ReadonlyMap<string, StopPlace> = new Map();
  changes: readonly Change[] = [];
  health: Health = {
    lastMessageMs: null,
    lastBeat: null,
    lastBeatMs: null,
    logAwaySinceMs: null,
    connection: "connecting",
  };
  dark = true;
  stop: string | null = null;
  vehicle: string | null = null;
  changeKey: string | null = null;
  cluster: string | null = null;
  filter: RowFilter = "all";
  /** Open while a stop is being added: the next press on the map is its place. */
  adding = false;
  notice: string | null = null;
  private readonly chosen = new Map<string, OptionKey>();
  private readonly rowsOf = new WeakMap<Day["rounds"][number], Row>();
  private readonly topics = new Topics<Topic>();
  private lastLookMs = -Infinity;
  private lastPointMs = -Infinity;
  private noticeTimer: number | undefined;
  private armedAtMs = 0;
  private regarded = "";

  constructor(readonly council: Council) {
    this.index = new CouncilIndex(council);
  }

  on(topics: readonly Topic[], run: () => void): void {
    this.topics.on(topics, run);
  }

  changed(...topics: Topic[]): void {
    this.topics.changed(...topics);
  }

  // What comes from the stream.

  takeSnapshot(message: RoundsSnapshot): void {
    this.heard();
    this.shelf.reset(message.proposals);
    this.setDay(message.day);
    this.disarmIfSwapped();
    this.changed("proposals");
  }

  takeDay(delta: DayDelta): void {
    this.heard();
    if (this.day) this.setDay(mergeDay(this.day, delta));
    this.disarmIfSwapped();
  }

  takeProposal(proposal: RoundsProposal): void {
    this.heard();
    this.shelf.offer(proposal, this.heldKey());
    this.disarmIfSwapped();
    this.changed("proposals");
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

  private setDay(day: Day): void {
    if (day === this.day) return;
    const moved = day.rounds !== this.day?.rounds;
    this.day = day;
    if (moved) this.places = placesOf(day);
    // A stop stays selected when it moves: its new round is then the selected one.
    const selected = this.stop === null ? undefined : this.places.get(this.stop);
    if (selected) this.vehicle = selected.round.vehicle;
    for (const round of day.rounds) this.index.letters.set(round.vehicle, round.letter);
    const before = this.changes.findIndex((c) => c.key === this.changeKey);
    this.changes = openChanges(day);
    const told = new Set(day.changes.map((c) => c.key));
    this.shelf.keepOnly(told);
    for (const key of this.chosen.keys()) if (!told.has(key)) this.chosen.delete(key);
    if (!this.changes.some((c) => c.key === this.changeKey)) {
      // The one that took the place of what was decided is next.
      this.changeKey = this.changes[Math.min(Math.max(0, before), this.changes.length - 1)]?.key ?? null;
    }
    this.changed("day");
  }

  get outOfTouch(): boolean {
    return isOutOfTouch(this.health, Date.now());
  }

  get rows(): Row[] {
    return (this.day?.rounds ?? []).map((round) => {
      const kept = this.rowsOf.get(round) ?? rowOf(round, this.index.serviceS);
      this.rowsOf.set(round, kept);
      return kept;
    });
  }

  // What the manager looks at.

  get change(): Change | null {
    return this.changes.find((c) => c.key === this.changeKey) ?? null;
  }

  get proposal(): RoundsProposal | null {
    return this.change ? this.shelf.of(this.change) : null;
  }

  optionFor(change: Change): RoundsOption | null {
    const proposal = this.shelf.of(change);
    return proposal ? optionOf(proposal, this.chosen.get(change.key) ?? null) : null;
  }

  get effects(): Effects {
    const option = this.change ? this.optionFor(this.change) : null;
    return option ? effectsOf(option, this.places) : NO_EFFECTS;
  }

  /** Vehicles the selected change is about, and those whose rounds its selected answer changes. */
  get touched(): ReadonlySet<string> {
    const about = this.change?.vehicle ?? null;
    return new Set([...(about === null ? [] : [about]), ...this.effects.vehicles]);
  }

  get openClusters(): readonly Cluster[] {
    return this.day?.clusters ?? [];
  }

  selectStop(stop: string | null): void {
    this.stop = stop;
    const place = stop === null ? undefined : this.places.get(stop);
    if (place) this.vehicle = place.round.vehicle;
    this.changed("selection");
  }

  selectVehicle(vehicle: string | null): void {
    this.vehicle = vehicle;
    if (this.stop !== null && this.places.get(this.stop)?.round.vehicle !== vehicle) this.stop = null;
    this.changed("selection");
  }

  selectChange(key: string): void {
    if (this.changeKey !== key && this.filter === "touched") this.filter = "all";
    this.changeKey = key;
    this.look();
    this.note();
    this.changed("selection");
  }

  chooseOption(key: OptionKey): void {
    if (this.change) this.chosen.set(this.change.key, key);
    this.look();
    this.note();
    this.changed("selection");
  }

  selectCluster(cluster: string | null): void {
    this.cluster = cluster;
    this.changed("selection");
  }

  setFilter(filter: RowFilter): void {
    this.filter = filter;
    this.changed("selection");
  }

  setAdding(adding: boolean): void {
    this.adding = adding;
    this.changed("selection");
  }

  notify(text: string): void {
    this.notice = text;
    this.changed("notice");
    window.clearTimeout(this.noticeTimer);
    this.noticeTimer = window.setTimeout(() => {
      this.notice = null;
      this.changed("notice");
    }, NOTICE_MS);
  }

  // An answer under the manager's eye is not swapped.

  look(): void {
    this.lastLookMs = Date.now();
  }

  pointAt(): void {
    this.lastPointMs = Date.now();
  }

  private heldKey(): string | null {
    const now = Date.now();
    const held = now - this.lastLookMs < KEY_HOLD_MS || now - this.lastPointMs < POINTER_HOLD_MS;
    return held ? this.changeKey : null;
  }

  /** Shows better answers that wait, where nothing holds them (or the manager asks for them). */
  releaseWaiting(asked: boolean): void {
    if (!this.shelf.release(asked ? null : this.heldKey())) return;
    this.disarmIfSwapped();
    this.changed("proposals");
  }

  /** Whether a key may decide: not just after another change or answer has taken the place of the one looked at. */
  get armed(): boolean {
    return Date.now() >= this.armedAtMs;
  }

  private disarmIfSwapped(): void {
    if (this.note()) this.armedAtMs = Date.now() + DISARMED_MS;
  }

  /** Notes what is looked at; whether it is something else than before. */
  private note(): boolean {
    const option = this.change ? this.optionFor(this.change) : null;
    const now = JSON.stringify([this.changeKey, option?.key, option?.after, option?.moved_stops]);
    const swapped = now !== this.regarded;
    this.regarded = now;
    return swapped;
  }
}
