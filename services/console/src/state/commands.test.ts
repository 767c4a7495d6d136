/** A key decides only on what is seen, on live advice, and never falls silent. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { MoveName } from "../api/advice";
import { ApiProblem } from "../api/client";
import type { Appliance, Decision, Plan, PlanMove, Region, Snapshot } from "../api/types";
import { words } from "../words/catalogue";
import { Commands } from "./commands";
import { ConsoleModel } from "./console_model";
import { failureWords, type Desk } from "./desk";
import { fresh } from "./what_if";

const MOVE = { move_id: "A211>A24", appliance: "A211", from_station: "A21", to_station: "A24" };
const START = Date.parse("2026-01-01T12:00:30Z");
const at = new Date(START).toISOString();
const SEEN = { planId: "p1", revision: 2, moveId: MOVE.move_id };
const KIND = { id: "pump", name: "Pump", first_target_s: 360, second_target_s: 480, two_needed: true, appliances: 1 };
const ACCEPTED: Decision = {
  ...MOVE,
  decision_id: "d1",
  plan_id: "p1",
  action: "accept",
  reason: null,
  operator: "x",
  at,
};
const STANDING = { id: "A211", status: "available", station: "A21", since: at, expected_at: null, ordered: null };
const ORDER = { to: "A24", plan_id: "p1", move_id: MOVE.move_id, at };

function makeDesk(appliance: Partial<Appliance> = {}, decisions: Decision[] = []) {
  const model = new ConsoleModel({ kinds: [KIND], stations: [] } as unknown as Region);
  const send = vi.fn();
  const sight = { isSeen: vi.fn(() => true), bringIntoView: vi.fn() };
  const commands = new Commands(model, { send, pending: () => undefined } as unknown as Desk);
  commands.sight = sight;
  model.takeConnection("live");
  model.takeSnapshot({
    picture: { offset: 1, as_of: at, appliances: [{ ...STANDING, ...appliance }], incidents: [], decisions },
    plan: {
      plan_id: "p1",
      revision: 2,
      picture_time: at,
      moves: [MOVE as PlanMove],
      frontier: [],
      before: { first_share: 0, second_share: 0 },
    } as unknown as Plan,
    zones: null,
    history: [],
  } as unknown as Snapshot);
  return { model, commands, send, sight };
}

beforeEach(() => {
  vi.stubGlobal("window", globalThis);
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settle = () => vi.advanceTimersByTime(1_000);

describe("accept by key", () => {
  it("accepts the selected move that is in view", () => {
    const { commands, send } = makeDesk();
    settle();
    commands.accept();
    expect(send).toHaveBeenCalledWith(SEEN, "accept", null);
  });

  it("shows a move out of view instead, says so, and needs a second press", () => {
    const { model, commands, send, sight } = makeDesk();
    settle();
    sight.isSeen.mockReturnValueOnce(false);
    commands.accept();
    expect(send).not.toHaveBeenCalled();
    expect(sight.bringIntoView).toHaveBeenCalledWith(MOVE.move_id);
    expect(model.notice).toBe(words.moves.notInView);
    commands.accept();
    expect(send).toHaveBeenCalledOnce();
  });

  it("rejects nothing out of view either", () => {
    const { model, commands, sight } = makeDesk();
    settle();
    sight.isSeen.mockReturnValueOnce(false);
    commands.startReject();
    expect(model.rejectingId).toBeNull();
    commands.startReject();
    expect(model.rejectingId).toBe(MOVE.move_id);
  });

  it("refuses just after a swap", () => {
    const { model, commands, send } = makeDesk();
    commands.accept();
    expect(send).not.toHaveBeenCalled();
    expect(model.notice).toBe(words.moves.justChanged);
  });

  it("refuses, by key and by click, while the service is not heard", () => {
    const { model, commands, send } = makeDesk();
    settle();
    model.takeConnection("reconnecting");
    commands.accept();
    commands.accept(MOVE.move_id);
    expect(send).not.toHaveBeenCalled();
    expect(model.notice).toBe(words.moves.outOfTouch);
  });
});

describe("beside a what-if", () => {
  it("decides nothing live by key, and says why; a click on the live card is meant", () => {
    const { model, commands, send } = makeDesk();
    settle();
    model.setWhatIf(fresh([KIND]));
    commands.accept();
    expect(send).not.toHaveBeenCalled();
    expect(model.notice).toBe(words.whatIf.decideClosed);
    commands.accept(MOVE.move_id);
    expect(send).toHaveBeenCalledOnce();
  });

  it("forgets the question why not when it opens, and answers a later one by click only", () => {
    const { model, commands, send } = makeDesk();
    settle();
    commands.startReject();
    model.setWhatIf(fresh([KIND]));
    expect(model.rejectingId).toBeNull();
    commands.startReject(MOVE.move_id);
    commands.reject("too_far");
    expect([send.mock.calls.length, model.notice, model.rejectingId]).toEqual([
      0,
      words.whatIf.decideClosed,
      MOVE.move_id,
    ]);
    commands.reject("too_far", MOVE.move_id);
    expect(send).toHaveBeenCalledWith(SEEN, "reject", "too_far");
  });

  it("takes nothing back by key; a click is meant", () => {
    const { model, commands, send } = makeDesk({ ordered: ORDER }, [ACCEPTED]);
    model.setWhatIf(fresh([KIND]));
    commands.undo();
    commands.undo(MOVE.move_id, true);
    expect([send.mock.calls.length, model.notice]).toEqual([0, words.whatIf.decideClosed]);
    commands.undo(MOVE.move_id);
    expect(send).toHaveBeenCalledOnce();
  });
});

describe("reject", () => {
  it("names the revision the move was seen in", () => {
    const { model, commands, send } = makeDesk();
    settle();
    commands.startReject();
    commands.reject("too_far");
    expect(send).toHaveBeenCalledWith(SEEN, "reject", "too_far");
    expect(model.rejectingId).toBeNull();
  });

  it("is not sent while the service is not heard, nor for a move overtaken meanwhile", () => {
    const { model, commands, send } = makeDesk();
    settle();
    commands.startReject();
    model.takeConnection("reconnecting");
    commands.reject("too_far", MOVE.move_id);
    expect([model.notice, model.rejectingId]).toEqual([words.moves.outOfTouch, MOVE.move_id]);
    model.takeConnection("live");
    model.picture = { ...model.picture!, appliances: new Map([["A211", { ...STANDING, status: "mobilised" } as Appliance]]) };
    commands.reject("too_far", MOVE.move_id);
    expect([send.mock.calls.length, model.rejectingId]).toEqual([0, null]);
  });
});

describe("other choices", () => {
  const OTHER = { ...MOVE, move_id: "A9>A24", appliance: "A9", kind: "pump", travel_s: 60, cost: 1 };
  const point = (moves: MoveName[]) => ({ moves: moves.length, move_ids: moves.map((m) => m.move_id), named: moves });

  function makeChoices() {
    const desk = makeDesk();
    const named = { ...OTHER, ...MOVE };
    desk.model.takePlan({
      ...desk.model.latestPlan,
      frontier: [point([]), point([named])],
      alternatives: [{ moves: [OTHER] }],
    } as unknown as Plan);
    settle();
    return desk;
  }

  const listed = (model: ConsoleModel) => model.moves.map((m) => m.move_id);

  it("steps along the frontier and stops at its ends", () => {
    const { model, commands } = makeChoices();
    commands.stepFrontier(1);
    expect(listed(model)).toEqual([MOVE.move_id]);
    commands.stepFrontier(-1);
    commands.stepFrontier(-1);
    expect(listed(model)).toEqual([]);
    commands.stepFrontier(1);
    expect(model.shelf.preview).toBeNull();
  });

  it("shows the next best one after another, and then the recommended plan again", () => {
    const { model, commands } = makeChoices();
    commands.nextAlternative();
    expect(listed(model)).toEqual([OTHER.move_id]);
    commands.nextAlternative();
    expect(model.shelf.preview).toBeNull();
  });

  it("shows the next best when it comes, where it was asked for a moment before", () => {
    const { model, commands } = makeChoices();
    const complete = model.latestPlan as Plan;
    model.takePlan({ ...complete, plan_id: "p2", revision: 0, alternatives: null });
    commands.nextAlternative();
    expect([model.notice, model.shelf.preview]).toEqual([words.alternatives.coming, null]);
    model.takePlan({ ...complete, plan_id: "p2", revision: 1 });
    commands.takeNextBest();
    expect(listed(model)).toEqual([OTHER.move_id]);
  });

  it("decides nothing on a preview that came late under the key", () => {
    const { model, commands, send } = makeChoices();
    const complete = model.latestPlan as Plan;
    model.takePlan({ ...complete, plan_id: "p2", revision: 0, alternatives: null });
    commands.nextAlternative();
    vi.advanceTimersByTime(1_500);
    model.takePlan({ ...complete, plan_id: "p2", revision: 1 });
    commands.takeNextBest();
    model.picture = { ...model.picture!, appliances: new Map([["A9", { ...STANDING, id: "A9" } as Appliance]]) };
    commands.accept();
    expect([send.mock.calls.length, model.notice]).toEqual([0, words.moves.justChanged]);
    settle();
    commands.accept();
    expect(send).toHaveBeenCalledOnce();
  });

  it("accepts a previewed move as a move of the shown plan", () => {
    const { model, commands, send } = makeChoices();
    model.takeSnapshot({
      picture: {
        offset: 2,
        as_of: at,
        appliances: [{ id: "A9", status: "available", station: "A21", ordered: null }],
        incidents: [],
        decisions: [],
      },
      plan: null,
      zones: null,
      history: [],
    } as unknown as Snapshot);
    commands.nextAlternative();
    settle();
    commands.accept();
    expect(send).toHaveBeenCalledWith({ ...SEEN, moveId: OTHER.move_id }, "accept", null);
  });

  it("goes back once, and says whether there was anything to go back from", () => {
    const { commands } = makeChoices();
    commands.previewMoves(0);
    expect([commands.backToRecommended(), commands.backToRecommended()]).toEqual([true, false]);
  });
});

describe("undo", () => {
  it("takes back what is only ordered", () => {
    const { commands, send } = makeDesk({ ordered: ORDER }, [ACCEPTED]);
    commands.undo();
    expect(send).toHaveBeenCalledWith(SEEN, "undo", null);
  });

  it("says that a crew already told cannot be called back", () => {
    const { model, commands, send } = makeDesk({ status: "relocating", station: "A24" }, [ACCEPTED]);
    commands.undo();
    expect(send).not.toHaveBeenCalled();
    expect(model.notice).toBe(words.moves.alreadyTold);
  });

  it("is not sent while the service is not heard", () => {
    const { model, commands, send } = makeDesk({ ordered: ORDER }, [ACCEPTED]);
    model.takeConnection("reconnecting");
    commands.undo();
    commands.undo(MOVE.move_id);
    expect([send.mock.calls.length, model.notice]).toEqual([0, words.moves.outOfTouch]);
  });

  it("names no revision for a move that is on display in none", () => {
    const { model, commands, send } = makeDesk({ ordered: ORDER }, [ACCEPTED]);
    model.takePlan({ ...(model.latestPlan as Plan), plan_id: "p2", moves: [] });
    commands.undo();
    expect(send).toHaveBeenCalledWith({ ...SEEN, revision: null }, "undo", null);
  });

  it("says that a rejection holds, where it is the last word", () => {
    const { model, commands, send } = makeDesk({}, [{ ...ACCEPTED, action: "reject", reason: "too_far" }]);
    commands.undo();
    expect([model.notice, send.mock.calls.length]).toEqual([words.moves.rejectionHolds, 0]);
  });

  it("says when there is nothing to undo", () => {
    const { model, commands } = makeDesk();
    commands.undo();
    expect(model.notice).toBe(words.moves.nothingToUndo);
  });
});

describe("failureWords", () => {
  it("tells a refusal from a service that is not there, and from one that does not answer", () => {
    expect(failureWords(new ApiProblem(409, "A211 is now mobilised"), "accept")).toBe("Refused: A211 is now mobilised");
    expect(failureWords(new TypeError("Failed to fetch"), "accept")).toContain("NOT confirmed");
    expect(failureWords(new TypeError("Failed to fetch"), "undo")).toContain("undo is NOT confirmed");
    expect(failureWords(new DOMException("", "TimeoutError"), "accept")).toBe(words.phases.noAnswer);
  });
});
