/**
 * What a key, a button or a drop does: checks that it can be done now, sends it, and says what came of it.
 * Never sends twice what is on its way; never decides by itself.
 */
import { RoundsProblem, type RoundsClient } from "../api/rounds_client";
import type { Change, Edit, RoundsDecision } from "../api/rounds_types";
import { operatorName } from "../state/operator";
import { words } from "../words/catalogue";
import type { RoundsModel } from "./rounds_model";

const REFUSED_KEPT_MS = 20_000;
const ARRIVES_WITHIN_MS = 5_000;
const LOOK_AGAIN_MS = 50;

export type Sent = { stage: "sending" } | { stage: "refused"; why: string };

export class RoundsCommands {
  /** What was sent about a change, a cluster, a decision or a stop, by its key. */
  private readonly sent = new Map<string, Sent>();

  constructor(
    private readonly model: RoundsModel,
    private readonly client: RoundsClient,
  ) {}

  sentFor(key: string): Sent | undefined {
    return this.sent.get(key);
  }

  stepChange(by: number): void {
    const { changes, changeKey } = this.model;
    const at = changes.findIndex((c) => c.key === changeKey);
    const next = changes[Math.min(changes.length - 1, Math.max(0, at + by))];
    if (next) this.model.selectChange(next.key);
  }

  stepOption(by: number): void {
    const { proposal, change } = this.model;
    if (!proposal || !change) return;
    const at = proposal.options.findIndex((o) => o.key === this.model.optionFor(change)?.key);
    this.chooseNumber(Math.min(proposal.options.length, Math.max(1, at + 1 + by)));
  }

  chooseNumber(number: number): void {
    const option = this.model.proposal?.options[number - 1];
    if (option) this.model.chooseOption(option.key);
  }

  async approve(change: Change | null = this.model.change): Promise<boolean> {
    const proposal = change ? this.model.shelf.of(change) : null;
    const option = change ? this.model.optionFor(change) : null;
    if (!change || !proposal || !option) {
      this.model.notify(words.rounds.changes.noOption);
      return false;
    }
    const { proposal_id: id, revision } = proposal;
    return this.send(change.key, (operator) => this.client.approve(id, option.key, revision, operator));
  }

  dismiss(change: Change | null = this.model.change): void {
    const id = change ? (this.model.shelf.of(change)?.proposal_id ?? change.proposal) : null;
    if (!change || id === null) return this.model.notify(words.rounds.changes.noOption);
    void this.send(change.key, (operator) => this.client.dismiss(id, operator));
  }

  /** Takes back a decision; by key the newest that still holds. */
  undo(decision: RoundsDecision | null = lastHolding(this.model)): void {
    if (!decision) return this.model.notify(words.rounds.changes.nothingToUndo);
    void this.send(decision.decision_id, (operator) => this.client.undo(decision.decision_id, operator));
  }

  /**
   * The stop of the selected change that can be moved by hand, or null. One that is in no round yet is put there
   * first, by approving the selected answer.
   */
  async stopToAdjust(): Promise<string | null> {
    const { effects, change } = this.model;
    const placed = [...effects.goesTo.keys()];
    const inRounds = placed.find((stop) => this.model.places.get(stop)?.done === false);
    if (inRounds !== undefined) return inRounds;
    const fresh = placed[0];
    if (change && fresh !== undefined && (await this.approve(change))) return this.arrived(fresh);
    if (fresh === undefined) this.model.notify(words.rounds.changes.nothingToAdjust);
    return null;
  }

  /** The stop, once the day has it in a round; null where that takes too long. */
  private async arrived(stop: string): Promise<string | null> {
    for (let waited = 0; waited < ARRIVES_WITHIN_MS; waited += LOOK_AGAIN_MS) {
      if (this.model.places.has(stop)) return stop;
      await new Promise((resolve) => window.setTimeout(resolve, LOOK_AGAIN_MS));
    }
    return null;
  }

  async edit(edit: Edit): Promise<boolean> {
    const key = "stop" in edit ? edit.stop : "vehicle" in edit ? edit.vehicle : "add";
    return this.send(key, (operator) => this.client.edit(edit, operator));
  }

  lockOrUnlock(): void {
    const { stop, places, day } = this.model;
    const vehicle = stop === null ? undefined : places.get(stop)?.round.vehicle;
    if (stop === null || !day) return;
    if (day.locks[stop] !== undefined) void this.edit({ kind: "unlock", stop });
    else if (vehicle !== undefined) void this.edit({ kind: "lock", stop, vehicle });
  }

  skipOrTakeBack(): void {
    const { stop, day } = this.model;
    if (stop === null || !day) return;
    void this.edit({ kind: day.skipped.includes(stop) ? "back" : "skip", stop });
  }

  split(): void {
    if (this.model.stop !== null) void this.edit({ kind: "split", stop: this.model.stop });
  }

  vehicleOffOrBack(): void {
    const { vehicle, day } = this.model;
    const round = day?.rounds.find((r) => r.vehicle === vehicle);
    if (!round) return;
    void this.edit({ kind: round.status === "in_service" ? "vehicle_off" : "vehicle_back", vehicle: round.vehicle });
  }

  decideCluster(cluster: string, action: "confirm" | "dismiss" | "undo"): void {
    void this.send(`cluster:${cluster}`, (operator) => this.client.decideCluster(cluster, action, operator));
  }

  toggleTheme(): void {
    this.model.dark = !this.model.dark;
    this.model.changed("theme");
  }

  private async send(key: string, run: (operator: string) => Promise<unknown>): Promise<boolean> {
    if (this.sent.get(key)?.stage === "sending") return false;
    if (this.model.outOfTouch) {
      this.model.notify(words.rounds.changes.outOfTouch);
      return false;
    }
    this.note(key, { stage: "sending" });
    try {
      await run(operatorName());
      this.sent.delete(key);
      this.model.changed("desk");
      return true;
    } catch (error) {
      const why = failureWords(error);
      // A refusal may mean that there is a better answer than the one looked at: show it.
      if (error instanceof RoundsProblem) this.model.releaseWaiting(true);
      const refused: Sent = { stage: "refused", why };
      this.note(key, refused);
      this.model.notify(words.rounds.changes.refused(why));
      window.setTimeout(() => this.forget(key, refused), REFUSED_KEPT_MS);
      return false;
    }
  }

  private note(key: string, sent: Sent): void {
    this.sent.set(key, sent);
    this.model.changed("desk");
  }

  private forget(key: string, sent: Sent): void {
    if (this.sent.get(key) !== sent) return;
    this.sent.delete(key);
    this.model.changed("desk");
  }
}

/** The newest decision that can be taken back; what was taken back is decided anew on its card. */
export function lastHolding(model: Pick<RoundsModel, "day">): RoundsDecision | null {
  const decisions = model.day?.decisions ?? [];
  return [...decisions].reverse().find(canUndo) ?? null;
}

export function canUndo(decision: RoundsDecision): boolean {
  return decision.undoable && !decision.undone && decision.void === null && decision.action !== "undo";
}

/** Why something did not go through, as a manager needs to hear it. */
export function failureWords(error: unknown): string {
  if (error instanceof RoundsProblem) {
    const mend = error.relaxation === null ? "" : ` ${words.rounds.move.wouldNeed(error.relaxation)}`;
    return `${error.detail}${mend}`;
  }
  if (error instanceof DOMException && error.name === "TimeoutError") return words.phases.noAnswer;
  return words.rounds.changes.unreachable;
}
