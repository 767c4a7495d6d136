import { describe, expect, it } from "vitest";
import type { Change, RoundsDecision } from "../api/rounds_types";
import { changeTitle, decisionTitle, refusedOf } from "./change_words";

const change = (patch: Partial<Change>) =>
  ({ key: "request:SR1", kind: "request", id: "SR1", service: null, street: null, vehicle: null, ...patch }) as Change;

const decision = (patch: Partial<RoundsDecision>): RoundsDecision => ({
  decision_id: "d1",
  action: "approve",
  cause: null,
  option: null,
  operator: "op",
  at: "2025-06-06T09:00:00Z",
  undone: false,
  edit: null,
  vehicles: [],
  undoes: null,
  undoable: true,
  void: null,
  ...patch,
});

describe("what happened, in a line", () => {
  it("names a request by its service and street, a breakdown by its vehicle", () => {
    expect(changeTitle(change({ service: "missed_collection", street: "Alder Road" }))).toEqual({
      what: "Missed collection",
      where: "Alder Road",
    });
    expect(changeTitle(change({ kind: "breakdown", id: "RCV07", vehicle: "RCV07" }))).toEqual({
      what: "Breakdown",
      where: "RCV07",
    });
  });

  it("tells refused requests apart, newest first", () => {
    const some = [
      change({ key: "request:1", outcome: "refused" }),
      change({ key: "request:2", outcome: "done" }),
      change({ key: "request:3", outcome: "refused" }),
      change({ key: "breakdown:4", kind: "breakdown", outcome: null }),
    ];
    expect(refusedOf(some).map((c) => c.key)).toEqual(["request:3", "request:1"]);
  });

  it("shows a service nobody has words for as it is", () => {
    expect(changeTitle(change({ service: "snow_clearing" })).what).toBe("snow_clearing");
  });

  it("names a decision by what it decided, also when that is told no more", () => {
    const known = [change({ service: "bulky_item", street: "Elm Street" })];
    const cause = { kind: "request" as const, id: "SR1" };
    expect(decisionTitle(decision({ cause }), known)).toBe("Bulky item · Elm Street");
    expect(decisionTitle(decision({ cause }), [])).toBe("Request SR1");
    expect(decisionTitle(decision({ edit: "move", cause: { kind: "edit", id: "S00012" } }), [])).toBe("stop moved S00012");
  });
});
