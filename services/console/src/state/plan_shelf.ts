/**
 * Which plan the officer sees, and which one waits. A plan under an officer's cursor is never swapped from
 * under it. Pure policy: time and the pointer's place are passed in; never draws.
 */
import type { Plan } from "../api/types";

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

export type Offered = "swapped" | "updated" | "waiting";

export class PlanShelf {
  shown: Plan | null = null;
  waiting: Plan | null = null;

  /** A newer plan arrived. Figures of an unchanged proposal are taken at once; another proposal may wait. */
  offer(plan: Plan, held: boolean): Offered {
    if (this.shown === null) return this.put(plan, "swapped");
    if (sameMoves(this.shown, plan)) return this.put(plan, "updated");
    if (!held) return this.put(plan, "swapped");
    this.waiting = plan;
    return "waiting";
  }

  /** Shows the waiting plan, if there is one. Returns whether anything changed. */
  release(): boolean {
    if (this.waiting === null) return false;
    this.put(this.waiting, "swapped");
    return true;
  }

  private put(plan: Plan, outcome: Offered): Offered {
    this.shown = plan;
    this.waiting = null;
    return outcome;
  }
}
