import { describe, expect, it, vi } from "vitest";
import { RoundsProblem, type RoundsClient } from "../api/rounds_client";
import type { Change, Council, Day, Round, RoundsDecision, RoundsOption, RoundsProposal } from "../api/rounds_types";
import { canUndo, failureWords, lastHolding, RoundsCommands } from "./commands";
import { RoundsModel } from "./rounds_model";

vi.stubGlobal("window", globalThis);
vi.stubGlobal("localStorage", { getItem: () => "Ann" });

const decision = (patch: Partial<RoundsDecision>): RoundsDecision => ({
  decision_id: "d1",
  action: "approve",
  cause: { kind: "request", id: "SR1" },
  option: null,
  operator: "Ann",
  at: "2025-06-06T09:00:00Z",
  undone: false,
  edit: null,
  vehicles: [],
  undoes: null,
  undoable: true,
  void: null,
  ...patch,
});

describe("what can be taken back", () => {
  it("is what holds and the service says can be: not what was undone, void, or an undoing", () => {
    expect(canUndo(decision({}))).toBe(true);
    expect(canUndo(decision({ undone: true }))).toBe(false);
    expect(canUndo(decision({ void: "too late" }))).toBe(false);
    expect(canUndo(decision({ action: "undo" }))).toBe(false);
    expect(canUndo(decision({ action: "adjust", edit: "vehicle_off" }))).toBe(true);
    expect(canUndo(decision({ action: "dismiss" }))).toBe(true);
    expect(canUndo(decision({ undoable: false }))).toBe(false);
    expect(canUndo(decision({ action: "dismiss", undoable: false }))).toBe(false);
  });

  it("is by key the newest", () => {
    const decisions = [decision({ decision_id: "a" }), decision({ decision_id: "b" }), decision({ decision_id: "c", undone: true })];
    expect(lastHolding({ day: { decisions } as unknown as Day })?.decision_id).toBe("b");
    expect(lastHolding({ day: null })).toBeNull();
  });
});

function started(client: Partial<RoundsClient>) {
  const council = {
    vehicles: [{ id: "RCV1", letter: "A" }],
    tips: [],
    streets: { id: [], name: [], line: [] },
    stops: { id: [], street: [], lon: [], lat: [], line: [], households: [], service_s: [] },
  } as unknown as Council;
  const model = new RoundsModel(council);
  const change = { key: "request:SR1", kind: "request", id: "SR1", at: "2025-06-06T09:00:00Z", status: "open", touches: [], proposal: "P" } as unknown as Change;
  const round = { vehicle: "RCV1", letter: "A", status: "in_service", done: 0, visits: ["S1"], begin_s: [1], load: {}, capacity: {} } as unknown as Round;
  const figures = { drive_s: 0, dist_m: 0, overtime_s: 0, late_s: 0, unserved: 0, cost: 0 };
  const option = (key: RoundsOption["key"], cost: number) =>
    ({ key, rounds: [], after: { ...figures, cost }, placed: [], moved_stops: 0, churn_share: 0, unserved: [] }) as RoundsOption;
  const proposal = {
    proposal_id: "P",
    revision: 2,
    cause: { kind: "request", id: "SR1" },
    day_version: 1,
    picture_offset: 1,
    touches: [],
    before: figures,
    options: [option("no_churn", 3), option("free", 2)],
    final: true,
  } as unknown as RoundsProposal;
  const day = { offset: 1, version: 1, rounds: [round], changes: [change], decisions: [], locks: { S1: "RCV1" }, skipped: [], unserved: [], added: [], clusters: [], closures: [] };
  model.takeSnapshot({ day: day as unknown as Day, proposals: [proposal], server_time: "" });
  model.takeConnection("live");
  return { model, commands: new RoundsCommands(model, client as RoundsClient) };
}

describe("a manager's commands", () => {
  it("approve the answer looked at, in the revision looked at", async () => {
    const approve = vi.fn().mockResolvedValue({});
    const { model, commands } = started({ approve });
    commands.stepOption(1);
    commands.approve();
    await vi.waitFor(() => expect(approve).toHaveBeenCalled());
    expect(approve).toHaveBeenCalledWith("P", "free", 2, "Ann");
    expect(model.notice).toBeNull();
  });

  it("send nothing while the service is not heard", () => {
    const approve = vi.fn();
    const { model, commands } = started({ approve });
    model.takeConnection("lost");
    commands.approve();
    expect(approve).not.toHaveBeenCalled();
    expect(model.notice).not.toBeNull();
  });

  it("send one thing once, and say why it was refused and what would mend it", async () => {
    let refuse: (error: Error) => void = () => undefined;
    const approve = vi.fn(() => new Promise((_, reject) => (refuse = reject)));
    const { commands } = started({ approve });
    commands.approve();
    commands.approve();
    expect(approve).toHaveBeenCalledTimes(1);
    expect(commands.sentFor("request:SR1")).toEqual({ stage: "sending" });
    refuse(new RoundsProblem(409, "RCV1 has gone on.", "wait for the tip"));
    await vi.waitFor(() => expect(commands.sentFor("request:SR1")?.stage).toBe("refused"));
    const sent = commands.sentFor("request:SR1");
    expect(sent?.stage === "refused" && sent.why).toBe("RCV1 has gone on. It would be possible: wait for the tip");
  });

  it("lock what is free and unlock what is locked", async () => {
    const edit = vi.fn().mockResolvedValue({});
    const { model, commands } = started({ edit });
    model.selectStop("S1");
    commands.lockOrUnlock();
    await vi.waitFor(() => expect(edit).toHaveBeenLastCalledWith({ kind: "unlock", stop: "S1" }, "Ann"));
    model.takeDay({ offset: 2, locks: {} });
    await vi.waitFor(() => expect(commands.sentFor("S1")).toBeUndefined());
    commands.lockOrUnlock();
    await vi.waitFor(() => expect(edit).toHaveBeenLastCalledWith({ kind: "lock", stop: "S1", vehicle: "RCV1" }, "Ann"));
  });

  it("never put a mere failure of the network as the service's own word", () => {
    expect(failureWords(new TypeError("fetch failed"))).not.toContain("fetch");
  });
});
