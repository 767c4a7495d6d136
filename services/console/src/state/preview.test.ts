/** Another choice is looked at, never taken for the recommended plan, and never changed under the officer's eyes. */
import { describe, expect, it } from "vitest";
import type { MoveName } from "../api/advice";
import type { Plan, PlanMove } from "../api/types";
import { PlanShelf } from "./plan_shelf";
import { against, choiceOf, difference, isRecommended, keyOf, listedMoves, namedMoves, sameChoice } from "./preview";

const name = (id: string): MoveName => {
  const [appliance, to] = id.split(">") as [string, string];
  return { move_id: id, appliance, kind: "pump", from_station: "S0", to_station: to, travel_s: 300, cost: 2 };
};
const move = (id: string, rank: number) => ({ ...name(id), rank, route: [[0, 0]], gains: [], loses: [] });
const point = (moves: number, ids: string[], objective: number) => ({
  moves,
  move_ids: ids,
  named: ids.map(name),
  objective,
  risk: objective,
  first_share: 0.9 - moves / 100,
  second_share: 0.8,
});

function plan(id: string, recommended: string[], oneMove = "A1>S1"): Plan {
  return {
    plan_id: id,
    moves: recommended.map((m, i) => move(m, i + 1)) as unknown as PlanMove[],
    after: { first_share: 0.9, second_share: 0.85 },
    objective: 100,
    frontier: [point(0, [], 130), point(1, [oneMove], 110), point(2, recommended, 100)],
    alternatives: [{ ...point(2, ["A1>S1", "A9>S2"], 103.1) , moves: ["A1>S1", "A9>S2"].map(name) }],
  } as unknown as Plan;
}

const RECOMMENDED = ["A1>S1", "A2>S2"];
const OTHER = { kind: "alternative", key: "A1>S1 A9>S2" } as const;

describe("choiceOf", () => {
  it("finds a number of moves, and an alternative by its moves wherever it stands in the list", () => {
    const p = plan("p", RECOMMENDED);
    expect(choiceOf(p, { kind: "moves", moves: 0 })?.moves).toEqual([]);
    expect(choiceOf(p, OTHER)?.objective).toBe(103.1);
    expect(choiceOf(p, { kind: "moves", moves: 6 })).toBeNull();
    expect(choiceOf(p, { kind: "alternative", key: "gone" })).toBeNull();
  });

  it("does not depend on the order of an alternative's moves", () => {
    expect(keyOf([name("B>1"), name("A>1")])).toBe(keyOf([name("A>1"), name("B>1")]));
  });

  it("names what an older service did not name only where the plan knows it", () => {
    const p = plan("p", RECOMMENDED);
    const bare = { ...point(1, ["A2>S2"], 111), named: undefined };
    expect(namedMoves(p, bare)?.map((m) => m.move_id)).toEqual(["A2>S2"]);
    expect(namedMoves(p, { ...bare, move_ids: ["A7>S7"] })).toBeNull();
  });
});

describe("a choice against the recommended plan", () => {
  const p = plan("p", RECOMMENDED);
  const choice = choiceOf(p, OTHER)!;

  it("says what differs and what it costs", () => {
    const { dropped, added } = difference(p, choice);
    expect([dropped.map((m) => m.move_id), added.map((m) => m.move_id)]).toEqual([["A2>S2"], ["A9>S2"]]);
    expect(against(p, choice).objective).toBeCloseTo(3.1);
    expect(against(p, choice).first).toBeCloseTo(-0.02);
  });

  it("lists its moves anew, and tells those whose effects are known from the others", () => {
    expect(listedMoves(p, choice).map((m) => [m.rank, m.move_id, m.known])).toEqual([
      [1, "A1>S1", true],
      [2, "A9>S2", false],
    ]);
  });

  it("is the recommended plan itself where the moves are the same", () => {
    expect(isRecommended(p, choiceOf(p, { kind: "moves", moves: 2 })!)).toBe(true);
    expect(isRecommended(p, choice)).toBe(false);
  });
});

describe("a previewed choice on the shelf", () => {
  function previewing() {
    const shelf = new PlanShelf();
    shelf.offer(plan("p1", RECOMMENDED), false);
    expect(shelf.look({ kind: "moves", moves: 1 })).toBe(true);
    return shelf;
  }

  it("shows its moves, and goes back to the recommended ones", () => {
    const shelf = previewing();
    expect(shelf.moves.map((m) => m.move_id)).toEqual(["A1>S1"]);
    expect(shelf.look(null)).toBe(true);
    expect(shelf.moves.map((m) => m.move_id)).toEqual(RECOMMENDED);
  });

  it("refuses what the plan does not offer, and sees no preview in the recommended plan itself", () => {
    const shelf = previewing();
    expect(shelf.look({ kind: "moves", moves: 5 })).toBe(false);
    expect(shelf.preview).toEqual({ kind: "moves", moves: 1 });
    shelf.look({ kind: "moves", moves: 2 });
    expect(shelf.preview).toBeNull();
  });

  it("is not swapped from under the officer, even when nothing else holds the list", () => {
    const shelf = previewing();
    expect(shelf.offer(plan("p2", ["A1>S1", "A3>S3"]), false)).toBe("waiting");
    expect(shelf.moves.map((m) => m.move_id)).toEqual(["A1>S1"]);
    expect(shelf.release()).toBe(true);
    expect(shelf.preview).toBeNull();
    expect(shelf.moves.map((m) => m.move_id)).toEqual(["A1>S1", "A3>S3"]);
  });

  it("awaits the next revision where a first one has no alternatives yet", () => {
    const shelf = new PlanShelf();
    const bare = (id: string) => ({ ...plan(id, RECOMMENDED), revision: 0, alternatives: null }) as Plan;
    shelf.offer(plan("p1", RECOMMENDED), false);
    shelf.look(OTHER);
    shelf.offer(bare("p2"), false);
    expect([shelf.shown?.plan_id, shelf.waiting, shelf.moves.length]).toEqual(["p1", null, 2]);
    shelf.offer(plan("p3", RECOMMENDED), false);
    expect(shelf.shown?.plan_id).toBe("p3");
    shelf.look(null);
    shelf.offer(bare("p4"), false);
    expect(shelf.shown?.plan_id).toBe("p4");
  });

  it("takes newer figures only while the choice itself stays the same", () => {
    const shelf = previewing();
    expect(shelf.offer(plan("p2", RECOMMENDED), true)).toBe("updated");
    expect(shelf.offer(plan("p3", RECOMMENDED, "A8>S1"), true)).toBe("waiting");
    expect(shelf.shown?.plan_id).toBe("p2");
    expect(sameChoice(plan("a", RECOMMENDED), plan("b", RECOMMENDED, "A8>S1"), { kind: "moves", moves: 0 })).toBe(true);
  });
});
