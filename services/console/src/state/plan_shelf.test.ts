/** The plan-swap policy: nothing is swapped from under an officer, and nothing new is lost. */
import { describe, expect, it } from "vitest";
import type { Plan, PlanMove } from "../api/types";
import { isHeld, KEY_HOLD_MS, PlanShelf, sameMoves } from "./plan_shelf";

function plan(id: string, revision: number, ...moves: string[]): Plan {
  return { plan_id: id, revision, moves: moves.map((m, i) => ({ move_id: m, rank: i + 1 }) as PlanMove) } as Plan;
}

const idle = { pointerOverList: false, dialogOpen: false, lastKeySelectionMs: null, nowMs: 100_000 };

describe("isHeld", () => {
  it("holds under the pointer and under an open dialogue", () => {
    expect(isHeld(idle)).toBe(false);
    expect(isHeld({ ...idle, pointerOverList: true })).toBe(true);
    expect(isHeld({ ...idle, dialogOpen: true })).toBe(true);
  });

  it("holds for five seconds after a selection by key, and no longer", () => {
    expect(isHeld({ ...idle, lastKeySelectionMs: idle.nowMs - KEY_HOLD_MS + 1 })).toBe(true);
    expect(isHeld({ ...idle, lastKeySelectionMs: idle.nowMs - KEY_HOLD_MS })).toBe(false);
  });
});

describe("PlanShelf", () => {
  it("shows the first plan even while held", () => {
    const shelf = new PlanShelf();
    expect(shelf.offer(plan("p1", 0, "a>b"), true)).toBe("swapped");
    expect(shelf.shown?.plan_id).toBe("p1");
  });

  it("keeps another proposal waiting while held, and shows it when released", () => {
    const shelf = new PlanShelf();
    shelf.offer(plan("p1", 0, "a>b"), false);
    expect(shelf.offer(plan("p2", 0, "c>d"), true)).toBe("waiting");
    expect(shelf.shown?.plan_id).toBe("p1");
    expect(shelf.release()).toBe(true);
    expect(shelf.shown?.plan_id).toBe("p2");
    expect(shelf.release()).toBe(false);
  });

  it("takes the certificate of the same proposal at once, and forgets what waited before it", () => {
    const shelf = new PlanShelf();
    shelf.offer(plan("p1", 0, "a>b"), false);
    shelf.offer(plan("p2", 0, "c>d"), true);
    expect(shelf.offer(plan("p3", 1, "a>b"), true)).toBe("updated");
    expect(shelf.shown?.plan_id).toBe("p3");
    expect(shelf.waiting).toBeNull();
  });

  it("keeps only the newest of the waiting plans", () => {
    const shelf = new PlanShelf();
    shelf.offer(plan("p1", 0, "a>b"), false);
    shelf.offer(plan("p2", 0, "c>d"), true);
    shelf.offer(plan("p3", 0, "e>f"), true);
    shelf.release();
    expect(shelf.shown?.plan_id).toBe("p3");
  });

  it("tells another order from the same moves", () => {
    expect(sameMoves(plan("p", 0, "a", "b"), plan("q", 0, "b", "a"))).toBe(false);
    expect(sameMoves(plan("p", 0, "a"), plan("q", 0, "a", "b"))).toBe(false);
  });
});
