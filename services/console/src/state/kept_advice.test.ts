/** What a revision has not worked out stays as it was; what it has, counts, also when it is nothing. */
import { describe, expect, it } from "vitest";
import type { Plan } from "../api/types";
import { isOlder, withKeptAdvice } from "./kept_advice";

const choice = (...ids: string[]) => ({ moves: ids.map((move_id) => ({ move_id })) });

function plan(changes: object): Plan {
  return { plan_id: "p1", revision: 0, moves: [{ move_id: "A1>S1" }], ...changes } as unknown as Plan;
}

const OPEN = { alternatives: null, home_advice: null, mobilising: null };
const KNOWN = plan({
  alternatives: [choice("A2>S1"), choice("A3>S1")],
  home_advice: [{ appliance: "A9" }],
  mobilising: [{ incident: "i1" }],
});

describe("withKeptAdvice", () => {
  it("keeps what an unfinished revision of the same plan leaves open", () => {
    const kept = withKeptAdvice(plan({ ...OPEN, revision: 1 }), KNOWN);
    expect(kept.revision).toBe(1);
    expect([kept.alternatives, kept.home_advice, kept.mobilising]).toEqual([
      KNOWN.alternatives,
      KNOWN.home_advice,
      KNOWN.mobilising,
    ]);
  });

  it("keeps advice for incidents and homecoming over a newer plan, but not the other's next best", () => {
    const kept = withKeptAdvice(plan({ ...OPEN, plan_id: "p2" }), KNOWN);
    expect([kept.mobilising, kept.home_advice]).toEqual([KNOWN.mobilising, KNOWN.home_advice]);
    expect(kept.alternatives).toBeNull();
  });

  it("takes an empty list for what it says: there is none", () => {
    const none = { alternatives: [], home_advice: [], mobilising: [] };
    expect(withKeptAdvice(plan(none), KNOWN)).toMatchObject(none);
  });

  it("drops a kept next best that has become the recommendation, and has nothing to keep at first", () => {
    const better = plan({ ...OPEN, revision: 1, moves: [{ move_id: "A2>S1" }] });
    expect(withKeptAdvice(better, KNOWN).alternatives).toEqual([choice("A3>S1")]);
    expect(withKeptAdvice(plan(OPEN), null)).toMatchObject(OPEN);
  });
});

describe("isOlder", () => {
  const at = (picture_offset: number, revision: number) => ({ plan_id: `p${picture_offset}`, picture_offset, revision }) as Plan;

  it("goes by the picture, and within a plan by the revision; the same plan is not older", () => {
    expect(isOlder(at(9, 2), at(10, 0))).toBe(true);
    expect(isOlder(at(10, 0), at(10, 1))).toBe(true);
    expect(isOlder(at(10, 1), at(10, 1))).toBe(false);
    expect(isOlder(at(11, 0), at(10, 2))).toBe(false);
  });
});
