/** Keys of the Rounds view: what they decide, and when they must not. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Change, Council, Day, DayDelta, RoundsOption, RoundsProposal } from "../api/rounds_types";
import { RoundsCommands } from "./commands";
import { listenToRoundsKeys, type RoundsTargets } from "./rounds_keys";
import { RoundsModel } from "./rounds_model";
import type { RoundsClient } from "../api/rounds_client";

class Field {}

const figures = { drive_s: 0, dist_m: 0, overtime_s: 0, late_s: 0, unserved: 0, cost: 0 };
const option = (key: RoundsOption["key"], cost: number) =>
  ({ key, rounds: [], after: { ...figures, cost }, placed: [], moved_stops: 0, churn_share: 0, unserved: [] }) as RoundsOption;
const proposal = (id: string, revision: number, ...costs: number[]) =>
  ({
    proposal_id: id,
    revision,
    cause: { kind: "request", id },
    day_version: 1,
    picture_offset: 1,
    touches: [],
    before: figures,
    options: costs.map((cost, i) => option((["no_churn", "little", "free"] as const)[i] ?? "free", cost)),
    final: false,
  }) as unknown as RoundsProposal;
const change = (id: string, minute: number, status: Change["status"] = "open") =>
  ({ key: `request:${id}`, kind: "request", id, at: `2025-06-06T09:0${minute}:00Z`, status, touches: [], vehicle: null, proposal: id }) as unknown as Change;

function makeKeys() {
  const listeners: ((event: object) => void)[] = [];
  vi.stubGlobal("window", {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    addEventListener: (_: string, listener: (event: object) => void) => listeners.push(listener),
  });
  vi.stubGlobal("document", { activeElement: null });
  vi.stubGlobal("localStorage", { getItem: () => "Ann" });
  for (const name of ["HTMLInputElement", "HTMLTextAreaElement", "HTMLSelectElement", "Node", "Element"]) vi.stubGlobal(name, Field);
  const council = { vehicles: [], tips: [], streets: { id: [] }, stops: { id: [] } } as unknown as Council;
  const model = new RoundsModel(council);
  const changes = [change("a", 1), change("b", 2)];
  const day = { offset: 1, version: 1, rounds: [], changes, decisions: [], clusters: [], locks: {}, skipped: [] };
  const proposals = [proposal("a", 0, 9, 7, 5), proposal("b", 0, 4)];
  model.takeConnection("live");
  model.takeSnapshot({ day: day as unknown as Day, proposals, server_time: "" });
  const approve = vi.fn().mockResolvedValue({});
  const dismiss = vi.fn().mockResolvedValue({});
  const commands = new RoundsCommands(model, { approve, dismiss } as unknown as RoundsClient);
  const closed = { close: () => false, toggle: () => undefined };
  const move = { key: () => false, close: () => false, open: vi.fn() };
  listenToRoundsKeys({
    model,
    commands,
    move,
    add: closed,
    exports: closed,
    help: closed,
    map: {},
    timeline: { canvas: {} },
  } as unknown as RoundsTargets);
  vi.advanceTimersByTime(1_000);
  const press = (key: string, more: object = {}) => {
    for (const listen of listeners) listen({ key, target: null, preventDefault: () => undefined, ...more });
  };
  return { model, press, approve, dismiss, move };
}

beforeEach(() => void vi.useFakeTimers({ now: Date.parse("2026-01-01T12:00:00Z") }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("keys of the rounds", () => {
  it("choose an answer and approve it as it was seen", () => {
    const { press, approve } = makeKeys();
    press("3");
    press("ArrowLeft");
    press("a");
    expect(approve).toHaveBeenCalledWith("a", "little", 0, "Ann");
  });

  it("walk through the changes and dismiss the chosen one", () => {
    const { press, dismiss, model } = makeKeys();
    press("j");
    expect(model.changeKey).toBe("request:b");
    press("d");
    expect(dismiss).toHaveBeenCalledWith("b", "Ann");
  });

  it("do not decide on what has just taken the place of another change", () => {
    const { press, approve, model } = makeKeys();
    model.takeDay({ offset: 2, changes: [change("a", 1, "approved"), change("b", 2)] } as unknown as DayDelta);
    expect(model.changeKey).toBe("request:b");
    press("a");
    expect(approve).not.toHaveBeenCalled();
    vi.advanceTimersByTime(800);
    press("a");
    expect(approve).toHaveBeenCalledWith("b", "no_churn", 0, "Ann");
  });

  it("do not approve an answer that has just been replaced by another", () => {
    const { press, approve, model } = makeKeys();
    vi.advanceTimersByTime(60_000);
    model.takeConnection("live");
    model.takeProposal(proposal("a", 1, 2));
    press("a");
    expect(approve).not.toHaveBeenCalled();
  });

  it("keep the answer looked at until the manager asks for the better one", () => {
    const { press, approve, model } = makeKeys();
    press("2");
    model.takeProposal(proposal("a", 1, 8, 6, 3));
    expect(model.proposal?.revision).toBe(0);
    press("n");
    expect(model.proposal?.revision).toBe(1);
    vi.advanceTimersByTime(800);
    press("a");
    expect(approve).toHaveBeenCalledWith("a", "little", 1, "Ann");
  });

  it("do nothing twice when held down, and nothing with a modifier or in a field", () => {
    const { press, approve } = makeKeys();
    press("a", { repeat: true });
    press("a", { ctrlKey: true });
    press("a", { target: new Field() });
    expect(approve).not.toHaveBeenCalled();
  });

  it("leave the digits to the answers and M to the stop", () => {
    const { press, move, model } = makeKeys();
    press("9");
    expect(model.optionFor(model.changes[0] as Change)?.key).toBe("no_churn");
    press("m");
    expect(move.open).toHaveBeenCalled();
  });
});
