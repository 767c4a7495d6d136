/** A key meant for the what-if never reaches the live moves. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ApiClient } from "../api/client";
import type { Cluster } from "../api/clusters";
import type { PlanMove, Region, Snapshot } from "../api/types";
import { ClusterDesk } from "../state/cluster_desk";
import { Commands } from "../state/commands";
import { ConsoleModel } from "../state/console_model";
import type { Desk } from "../state/desk";
import { WhatIfDesk } from "../state/what_if_desk";
import { words } from "../words/catalogue";
import { listenToKeys, type KeyTargets } from "./keyboard";

const MOVE = { move_id: "A211>A24", appliance: "A211", from_station: "A21", to_station: "A24" } as PlanMove;
const START = Date.parse("2026-01-01T12:00:30Z");
const at = new Date(START).toISOString();

class Input {}

function makeKeys() {
  const listeners: ((event: object) => void)[] = [];
  vi.stubGlobal("window", {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    addEventListener: (_: string, listener: (event: object) => void) => listeners.push(listener),
  });
  for (const name of ["HTMLInputElement", "HTMLTextAreaElement", "Node", "Element"]) vi.stubGlobal(name, Input);
  const model = new ConsoleModel({ area: "x", kinds: [{ id: "pump" }], stations: [] } as unknown as Region);
  const send = vi.fn();
  const commands = new Commands(model, { send, pending: () => undefined } as unknown as Desk);
  const whatIf = new WhatIfDesk(model, {} as ApiClient);
  model.takeConnection("live");
  model.takeSnapshot({
    picture: {
      offset: 1,
      as_of: at,
      appliances: [{ id: "A211", status: "available", station: "A21", ordered: null }],
      incidents: [],
      decisions: [],
    },
    plan: { plan_id: "p1", revision: 0, picture_time: at, moves: [MOVE], before: { first_share: 0, second_share: 0 } },
    zones: null,
    history: [],
  } as unknown as Snapshot);
  const decideCluster = vi.fn(async () => undefined);
  const clusters = new ClusterDesk(model, { decideCluster }, commands);
  const frontier = { focus: vi.fn(), leave: () => false };
  const help = { toggle: () => undefined, close: () => false };
  listenToKeys({ model, commands, whatIf, clusters, help, frontier, map: {} } as unknown as KeyTargets);
  vi.advanceTimersByTime(1_000);
  const press = (...keys: string[]) => {
    for (const key of keys) for (const listen of listeners) listen({ key, target: null, preventDefault: () => undefined });
  };
  return { model, send, press, whatIf, frontier, decideCluster };
}

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("keys", () => {
  it("reject with a reason by R and a digit", () => {
    const { send, press } = makeKeys();
    press("r", "4");
    expect(send).toHaveBeenCalledWith({ planId: "p1", revision: 0, moveId: MOVE.move_id }, "reject", "appliance_defect");
  });

  it("give a digit to the what-if that was opened over the question why not", () => {
    const { model, send, press } = makeKeys();
    press("r", "i", "7");
    expect(send).not.toHaveBeenCalled();
    expect([model.rejectingId, model.whatIf?.question.needs["pump"]]).toEqual([null, 7]);
  });

  it("take nothing back, and ask no question why not, beside a what-if", () => {
    const { model, send, press } = makeKeys();
    press("i", "u", "r", "4", "a");
    expect([send.mock.calls.length, model.rejectingId, model.notice]).toEqual([0, null, words.whatIf.decideClosed]);
    expect(model.whatIf?.question.needs["pump"]).toBe(4);
  });

  it("do nothing live beside a what-if: a callsign typed beside its field opens no preview behind it", () => {
    const { model, press, whatIf, frontier } = makeKeys();
    whatIf.open("off_run");
    const before = [model.selectedId, model.shelf.preview, model.whyOpen];
    for (const key of ["b", "3", "f", "n", "j", "ArrowDown", "w"]) {
      model.notice = null;
      press(key);
      expect(model.notice).toBe(words.whatIf.decideClosed);
    }
    expect([model.selectedId, model.shelf.preview, model.whyOpen]).toEqual(before);
    expect(frontier.focus).not.toHaveBeenCalled();
    press("i", "f");
    expect([model.whatIf, frontier.focus.mock.calls.length]).toEqual([null, 1]);
  });

  it("judge a report from the public only when it is selected, and none beside a what-if", () => {
    const { model, press, decideCluster } = makeKeys();
    vi.stubGlobal("localStorage", { getItem: () => "Ada" });
    const report = { cluster: "C-1", category: "smoke_or_fire", status: "unconfirmed", confidence: 0.5 } as Cluster;
    if (model.picture) model.picture = { ...model.picture, clusters: [report] };
    press("i", "s", "d", "i");
    expect([model.selectedClusterId, decideCluster.mock.calls.length]).toEqual([null, 0]);
    press("s", "d");
    expect(decideCluster).toHaveBeenCalledWith("x", "C-1", "dismiss", "Ada");
  });
});
