/**
 * The decisions desk: sends what an officer decides and remembers it until the picture confirms it.
 * Never decides by itself and never sends twice.
 */
import { ApiProblem, type ApiClient } from "../api/client";
import type { Action, Decision, RejectReason } from "../api/types";
import type { Pending } from "./move_progress";
import { words } from "../words/catalogue";
import { operatorName } from "./operator";

// How long a confirmed decision is remembered while the picture has not shown it yet.
const TAKEN_KEPT_MS = 5_000;
const REFUSED_KEPT_MS = 20_000;

/** A move as the officer saw it: of which plan, and in which of its revisions (null: in none on display). */
export interface SeenMove {
  planId: string;
  revision: number | null;
  moveId: string;
}

export class Desk {
  private readonly pendings = new Map<string, Pending>();

  constructor(
    private readonly client: ApiClient,
    private readonly area: string,
    private readonly changed: () => void,
  ) {}

  pending(moveId: string): Pending | undefined {
    return this.pendings.get(moveId);
  }

  async send(seen: SeenMove, action: Action, reason: RejectReason | null): Promise<boolean> {
    const { planId, moveId } = seen;
    if (this.pendings.get(moveId)?.stage === "sending") return false;
    const pending: Pending = { planId, action, reason, stage: "sending", detail: null, atMs: Date.now() };
    this.note(moveId, pending);
    try {
      await this.client.decide(this.area, { ...seen, action, reason, operator: operatorName() });
      this.note(moveId, { ...pending, stage: "taken", atMs: Date.now() }, TAKEN_KEPT_MS);
      return true;
    } catch (error) {
      const detail = failureWords(error, action);
      this.note(moveId, { ...pending, stage: "refused", detail, atMs: Date.now() }, REFUSED_KEPT_MS);
      return false;
    }
  }

  /** The picture has shown these decisions: what was remembered for them is no longer needed. */
  confirm(decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      if (this.pendings.get(decision.move_id)?.action === decision.action) this.pendings.delete(decision.move_id);
    }
  }

  private note(moveId: string, pending: Pending, keptMs?: number): void {
    this.pendings.set(moveId, pending);
    if (keptMs !== undefined) {
      window.setTimeout(() => {
        if (this.pendings.get(moveId) !== pending) return;
        this.pendings.delete(moveId);
        this.changed();
      }, keptMs);
    }
    this.changed();
  }
}

/** Why a decision did not go through, as an officer needs to hear it. */
export function failureWords(error: unknown, action: Action): string {
  if (error instanceof ApiProblem) return words.phases.refused(error.detail);
  if (error instanceof DOMException && error.name === "TimeoutError") return words.phases.noAnswer;
  return words.phases.unreachable[action];
}
