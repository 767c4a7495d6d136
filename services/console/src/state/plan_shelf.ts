/**
 * Which plan the officer sees, which of its choices, and which plan waits. A plan under an officer's cursor is never
 * swapped from under it. Pure policy: time and the pointer's place are passed in; never draws.
 */
import type { Plan } from "../api/types";
import { choiceOf, isRecommended, listedMoves, sameChoice, type ListedMove, type Preview } from "./preview";

// An officer who has just chosen a move by key needs this long to read it before it may change.
export const KEY_HOLD_MS = 5_000;

export interface Attention {
  pointerOverList: boolean;
  dialogOpen: boolean;
  lastKeySelectionMs: number | null;
  nowMs: number;
}

export function isHeld(attention: Attention): boolean {
  if (attention.pointerOverList || attention.dialogOpen) return true;
  const last = attention.lastKeySelectionMs;
  return last !== null && attention.nowMs - last < KEY_HOLD_MS;
}

/** Whether two plans propose the same moves in the same order: then only figures differ. */
export function sameMoves(a: Plan, b: Plan): boolean {
  return a.moves.length === b.moves.length && a.moves.every((m, i) => m.move_id === b.moves[i]?.move_id);
}

/** Whether a plan has not worked out yet the alternatives that another has. */
function isBarer(plan: Plan, than: Plan): boolean {
  return plan.alternatives == null && Boolean(than.alternatives?.length);
}

export type Offered = "swapped" | "updated" | "waiting";

export class PlanShelf {
  shown: Plan | null = null;
  waiting: Plan | null = null;
  /** The choice looked at instead of the recommended moves, or null. */
  preview: Preview | null = null;
  /** The moves on display: the recommended ones, or those of the previewed choice. */
  moves: readonly ListedMove[] = [];

  /** A newer plan arrived. Figures of an unchanged proposal are taken at once; another proposal may wait. */
  offer(plan: Plan, held: boolean): Offered {
    if (this.shown === null) return this.put(plan, "swapped");
    // A revision may have no alternatives yet: while they are looked at, its next revision is awaited.
    const looked = held || this.preview !== null;
    if (looked && sameMoves(this.shown, plan) && isBarer(plan, this.shown)) return "updated";
    const sameView = this.preview === null || sameChoice(this.shown, plan, this.preview);
    if (sameMoves(this.shown, plan) && sameView) return this.put(plan, "updated");
    if (!held && this.preview === null) return this.put(plan, "swapped");
    this.waiting = plan;
    return "waiting";
  }

  /** Shows the waiting plan, if there is one. Returns whether anything changed. */
  release(): boolean {
    if (this.waiting === null) return false;
    this.preview = null;
    this.put(this.waiting, "swapped");
    return true;
  }

  /** Looks at another choice of the shown plan, or with null at the recommended one. Returns whether it could. */
  look(preview: Preview | null): boolean {
    const choice = preview && this.shown ? choiceOf(this.shown, preview) : null;
    if (preview !== null && choice === null) return false;
    this.preview = this.shown && choice && !isRecommended(this.shown, choice) ? preview : null;
    this.list();
    return true;
  }

  private put(plan: Plan, outcome: Offered): Offered {
    this.shown = plan;
    this.waiting = null;
    this.list();
    return outcome;
  }

  private list(): void {
    const plan = this.shown;
    const choice = plan && this.preview ? choiceOf(plan, this.preview) : null;
    this.moves = plan && choice ? listedMoves(plan, choice) : (plan?.moves ?? []).map((m) => ({ ...m, known: true }));
  }
}
