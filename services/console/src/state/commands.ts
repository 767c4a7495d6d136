/**
 * What an officer can do, whether by key or by click. Each command reads the model and asks the desk or changes
 * what is looked at; none of them draws.
 */
import type { RejectReason } from "../api/types";
import { words } from "../words/catalogue";
import { LAYERS } from "../zones/bands";
import type { ConsoleModel } from "./console_model";
import type { Desk, SeenMove } from "./desk";
import { isLogAway, isOutOfTouch } from "./health";
import { progressOf, underWay, type Progress, type UnderWay } from "./move_progress";
import { keyOf } from "./preview";
import type { Sight } from "./sight";

export const REJECT_REASONS: readonly RejectReason[] = [
  "crew_welfare",
  "local_knowledge",
  "planned_event",
  "appliance_defect",
  "too_far",
  "other",
];

// A key pressed while a plan is still being worked out is remembered this long.
export const WANTED_MS = 2_000;

export class Commands {
  /** Set by the list of moves, which alone knows what can be seen. */
  sight: Sight = { isSeen: () => true, bringIntoView: () => undefined };

  /** Until when a first next-best plan is wanted that was still being worked out when it was asked for. */
  private nextBestUntilMs = 0;

  constructor(
    private readonly model: ConsoleModel,
    private readonly desk: Desk,
  ) {}

  /** Selects the move `step` places further down (negative: up). */
  step(step: number): void {
    const { moves } = this.model;
    if (moves.length === 0) return;
    const at = moves.findIndex((m) => m.move_id === this.model.selectedId);
    const start = this.model.regardSelected ? at + step : Math.max(at, 0);
    const next = moves[Math.min(moves.length - 1, Math.max(0, start))];
    if (next) this.model.select(next.move_id, true);
  }

  selectNumber(number: number): void {
    const move = this.model.moves[number - 1];
    if (move) this.model.select(move.move_id, true);
  }

  progress(moveId: string): Progress | null {
    const move = this.model.moves.find((m) => m.move_id === moveId);
    const { picture, shelf } = this.model;
    if (!move || !picture || !shelf.shown) return null;
    return progressOf(picture, move, shelf.shown.plan_id, this.desk.pending(moveId));
  }

  /** Accepts the move clicked on, or the selected one. */
  accept(clickedId?: string): void {
    const moveId = this.decidable(clickedId);
    if (moveId === null) return;
    const seen = this.seen(moveId);
    if (seen) void this.desk.send(seen, "accept", null);
  }

  startReject(clickedId?: string): void {
    const moveId = this.decidable(clickedId);
    if (moveId === null) return;
    this.model.select(moveId, false);
    this.model.setRejecting(moveId);
  }

  /** The move a decision would be about; null, mostly with a word to the officer, where none may be taken now. */
  private decidable(clickedId?: string): string | null {
    const moveId = clickedId ?? this.model.selectedId;
    if (moveId === null || this.progress(moveId)?.phase !== "recommended") return null;
    if (!this.maySend(clickedId === undefined)) return null;
    return clickedId !== undefined || this.mayDecideByKey(moveId) ? moveId : null;
  }

  /** What guards everything that is sent: the service is heard, and no key is pressed beside a supposed plan. */
  maySend(byKey: boolean): boolean {
    if (isOutOfTouch(this.model.health, Date.now())) {
      this.model.notify(words.moves.outOfTouch);
      return false;
    }
    if (isLogAway(this.model.health)) {
      this.model.notify(words.moves.logAway);
      return false;
    }
    // A key beside a supposed plan may be meant for it; nothing live is decided by such a slip.
    if (byKey && this.model.whatIf !== null) {
      this.sayWhatIfOpen();
      return false;
    }
    return true;
  }

  /** A key of the live side was pressed beside a what-if: it does nothing, and says so. */
  sayWhatIfOpen(): void {
    this.model.notify(words.whatIf.decideClosed);
  }

  /** The move of the list with the plan and the revision it is shown in. */
  private seen(moveId: string): SeenMove | null {
    const { shown } = this.model.shelf;
    return shown && { planId: shown.plan_id, revision: shown.revision, moveId };
  }

  /** False where a swap has just put the move under the key, or where it is out of view: then it is shown first. */
  private mayDecideByKey(moveId: string): boolean {
    if (!this.model.armed) {
      this.model.notify(words.moves.justChanged);
      this.sight.bringIntoView(moveId);
      return false;
    }
    if (this.sight.isSeen(moveId)) return true;
    this.model.notify(words.moves.notInView);
    this.sight.bringIntoView(moveId);
    return false;
  }

  cancelReject(): void {
    this.model.setRejecting(null);
  }

  /** Rejects the move asked about; what may not be sent now leaves the question open. */
  reject(reason: RejectReason, clickedId?: string): void {
    const moveId = this.model.rejectingId;
    if (moveId === null) return;
    // Overtaken while the question stood open: the card says so, and there is nothing left to reject.
    if (this.progress(moveId)?.phase !== "recommended") return this.cancelReject();
    if (this.decidable(clickedId) !== moveId) return;
    const seen = this.seen(moveId);
    this.cancelReject();
    if (seen) void this.desk.send(seen, "reject", reason);
  }

  /** Takes back one accepted move, or the last that still can be; a rejection cannot be taken back. */
  undo(moveId?: string, byKey = moveId === undefined): void {
    if (!this.maySend(byKey)) return;
    const target = this.undoTarget(moveId);
    if (target) void this.desk.send(target, "undo", null);
    else this.model.notify(this.whyNoUndo(moveId));
  }

  private whyNoUndo(moveId?: string): string {
    const phases = this.decided()
      .filter((d) => moveId === undefined || d.move.move_id === moveId)
      .map((d) => d.progress.phase);
    if (phases.includes("sending")) return words.moves.stillSending;
    const last = this.model.picture?.decisions.at(-1);
    if (moveId === undefined && last?.action === "reject") return words.moves.rejectionHolds;
    const told = phases.includes("told") || phases.includes("on_the_way");
    return told ? words.moves.alreadyTold : words.moves.nothingToUndo;
  }

  /** The moves of the list and those under way, each with how far it has come. */
  private decided(): UnderWay[] {
    const { picture } = this.model;
    if (!picture) return [];
    const shown = this.model.moves.flatMap((move) => {
      const progress = this.progress(move.move_id);
      return progress ? [{ decisionId: "", move, progress }] : [];
    });
    return [...shown, ...underWay(picture, new Set(shown.map((s) => s.move.move_id)))];
  }

  private undoTarget(moveId?: string): SeenMove | null {
    const candidates = this.decided()
      .filter((c) => c.progress.undoable && (moveId === undefined || c.move.move_id === moveId))
      .sort((a, b) => Date.parse(b.progress.at ?? "") - Date.parse(a.progress.at ?? ""));
    const [last] = candidates;
    if (!last || last.progress.planId === null) return null;
    const { planId } = last.progress;
    const { shelf, moves } = this.model;
    // A move under way is seen in no revision: only one still in the list is.
    const listed = shelf.shown?.plan_id === planId && moves.some((m) => m.move_id === last.move.move_id);
    return { planId, revision: listed ? (shelf.shown?.revision ?? null) : null, moveId: last.move.move_id };
  }

  toggleWhy(): void {
    this.model.whyOpen = !this.model.whyOpen;
    if (this.model.selectedId !== null) this.model.select(this.model.selectedId, true);
  }

  showNewer(): void {
    this.model.releaseWaiting(true);
  }

  /** Previews the best plan with this many moves, or the recommended one where that is the same. */
  previewMoves(moves: number): void {
    this.model.look({ kind: "moves", moves });
  }

  /** Previews one choice further along the frontier (negative: fewer moves). */
  stepFrontier(step: number): void {
    const { shown, preview } = this.model.shelf;
    if (!shown) return;
    const at = preview?.kind === "moves" ? preview.moves : shown.moves.length;
    const counts = shown.frontier.map((p) => p.moves);
    const next = counts[counts.indexOf(at) + step];
    if (next !== undefined && counts.includes(at)) this.previewMoves(next);
  }

  /** Previews the alternative with these moves. Returns whether the shown plan has it. */
  previewAlternative(key: string): boolean {
    return this.model.look({ kind: "alternative", key });
  }

  /** Previews the next-best plans one after another, and after the last the recommended one again. */
  nextAlternative(): void {
    const { shown, preview } = this.model.shelf;
    const keys = (shown?.alternatives ?? []).map((a) => keyOf(a.moves));
    const at = preview?.kind === "alternative" ? keys.indexOf(preview.key) : -1;
    const key = keys[at + 1];
    if (key !== undefined) this.previewAlternative(key);
    else if (preview !== null) this.model.look(null);
    else if (shown && shown.alternatives == null) {
      this.nextBestUntilMs = Date.now() + WANTED_MS;
      this.model.notify(words.alternatives.coming);
    } else this.model.notify(words.alternatives.none);
  }

  /** Alternatives have come: shows the first where it was asked for a moment ago. */
  takeNextBest(): void {
    const wanted = Date.now() < this.nextBestUntilMs;
    this.nextBestUntilMs = 0;
    if (wanted && this.model.shelf.preview === null) this.nextAlternative();
  }

  /** Returns whether there was something to go back from. */
  backToRecommended(): boolean {
    if (this.model.shelf.preview === null) return false;
    this.model.look(null);
    return true;
  }

  /** Selects a move of the recommended plan, going back to it where another choice is previewed. */
  showRecommended(moveId: string): void {
    this.backToRecommended();
    this.model.select(moveId, true);
  }

  nextLayer(): void {
    const at = LAYERS.indexOf(this.model.layer);
    this.model.setLayer(LAYERS[(at + 1) % LAYERS.length] ?? "now");
  }

  toggleTheme(): void {
    this.model.dark = !this.model.dark;
    this.model.changed("theme");
  }
}
