/** A move's way from recommended to arrived, read off the picture. */
import { describe, expect, it } from "vitest";
import type { Appliance, Decision } from "../api/types";
import { progressOf, underWay, type Pending } from "./move_progress";
import { fromSnapshot, type PictureState } from "./picture_state";

const MOVE = { move_id: "A211>A24", appliance: "A211", from_station: "A21", to_station: "A24" };
const NOW = "2026-01-01T12:00:30Z";

function decision(action: Decision["action"], planId = "p1"): Decision {
  return {
    ...MOVE,
    decision_id: action + planId,
    plan_id: planId,
    action,
    reason: null,
    operator: "x",
    at: "2026-01-01T12:00:00Z",
  };
}

function state(appliance: Partial<Appliance>, decisions: Decision[] = []): PictureState {
  return fromSnapshot({
    area: "demo",
    offset: 1,
    as_of: NOW,
    digest: "",
    incidents: [],
    decisions,
    counts: { available: 1, committed: 0, moving: 0, off_run: 0, total: 1, open_incidents: 0 },
    appliances: [
      {
        id: "A211",
        kind: "pump",
        status: "available",
        station: "A21",
        home: "A21",
        incident: null,
        lon: 0,
        lat: 0,
        since: "2026-01-01T12:00:10Z",
        expected_at: null,
        ordered: null,
        ...appliance,
      },
    ],
  });
}

const order = { to: "A24", plan_id: "p1", move_id: MOVE.move_id, at: "2026-01-01T12:00:00Z" };
const phase = (s: PictureState, pending?: Pending) => progressOf(s, MOVE, "p1", pending).phase;

describe("progressOf", () => {
  it("follows a move from recommended to arrived", () => {
    const accepted = [decision("accept")];
    expect(phase(state({}))).toBe("recommended");
    expect(phase(state({ ordered: order }, accepted))).toBe("accepted");
    expect(phase(state({ status: "relocating", station: "A24", since: "2026-01-01T12:00:28Z" }, accepted))).toBe(
      "told",
    );
    expect(phase(state({ status: "relocating", station: "A24" }, accepted))).toBe("on_the_way");
    expect(phase(state({ station: "A24" }, accepted))).toBe("arrived");
  });

  it("can be undone only while ordered", () => {
    expect(progressOf(state({ ordered: order }, [decision("accept")]), MOVE, "p1", undefined).undoable).toBe(true);
    expect(
      progressOf(state({ status: "relocating", station: "A24" }, [decision("accept")]), MOVE, "p1", undefined).undoable,
    ).toBe(false);
    expect(phase(state({}, [decision("accept"), decision("undo")]))).toBe("recommended");
  });

  it("shows sending, and the words of a refusal", () => {
    const pending: Pending = { planId: "p1", action: "accept", reason: null, stage: "sending", detail: null, atMs: 0 };
    expect(phase(state({}), pending)).toBe("sending");
    const refused = progressOf(state({}), MOVE, "p1", {
      ...pending,
      stage: "refused",
      detail: "A211 is now mobilised",
    });
    expect(refused.refusal).toBe("A211 is now mobilised");
  });

  it("is no longer possible once the appliance is elsewhere", () => {
    expect(phase(state({ status: "mobilised" }))).toBe("overtaken");
    expect(phase(state({ station: "A30" }))).toBe("overtaken");
  });

  it("holds a rejection to the plan it was made on", () => {
    expect(phase(state({}, [decision("reject")]))).toBe("rejected");
    expect(phase(state({}, [decision("reject", "p0")]))).toBe("recommended");
  });
});

describe("underWay", () => {
  it("lists accepted moves that the list no longer shows", () => {
    const now = state({ ordered: order }, [decision("accept")]);
    expect(underWay(now, new Set()).map((u) => u.progress.phase)).toEqual(["accepted"]);
    expect(underWay(now, new Set([MOVE.move_id]))).toEqual([]);
  });

  it("keeps an arrival for a while, and longer where it is asked to", () => {
    const longAgo = state({ station: "A24", since: "2026-01-01T11:50:00Z" }, [decision("accept")]);
    expect(underWay(longAgo, new Set())).toEqual([]);
    const kept = underWay(longAgo, new Set(), (id) => id === "acceptp1");
    expect(kept.map((u) => u.progress.phase)).toEqual(["arrived"]);
  });

  it("forgets those taken back", () => {
    expect(underWay(state({}, [decision("accept"), decision("undo")]), new Set())).toEqual([]);
  });
});
