/** Snapshot and deltas fold to the picture the server has. */
import { describe, expect, it } from "vitest";
import type { Appliance, Decision, Incident, Picture, PictureDelta } from "../api/types";
import { applyDelta, DECISIONS_KEPT, fromSnapshot, isMoving, standingByStation } from "./picture_state";

const counts = { available: 1, committed: 0, moving: 0, off_run: 0, total: 1, open_incidents: 0 };

function appliance(id: string, over: Partial<Appliance> = {}): Appliance {
  return {
    id,
    kind: "pump",
    status: "available",
    station: "A1",
    home: "A1",
    incident: null,
    lon: 0,
    lat: 51,
    since: null,
    expected_at: null,
    ordered: null,
    ...over,
  };
}

function incident(id: string, status: "open" | "stopped" = "open"): Incident {
  return {
    id,
    category: "fire",
    lon: 0,
    lat: 51,
    zone: 3,
    opened_at: "2026-01-01T00:00:00Z",
    required: { pump: 2 },
    committed: [],
    expected_stop: null,
    status,
  };
}

function picture(over: Partial<Picture> = {}): Picture {
  return {
    area: "demo",
    offset: 10,
    as_of: "2026-01-01T00:00:00Z",
    digest: "d",
    counts,
    appliances: [appliance("A11")],
    incidents: [],
    decisions: [],
    ...over,
  };
}

function delta(offset: number, over: Partial<PictureDelta> = {}): PictureDelta {
  return {
    offset,
    as_of: "2026-01-01T00:00:05Z",
    counts,
    appliances: [],
    incidents: [],
    removed_incidents: [],
    decisions: [],
    ...over,
  };
}

const decision = (id: string): Decision => ({ decision_id: id }) as Decision;

describe("applyDelta", () => {
  it("replaces what changed and keeps the rest", () => {
    const before = fromSnapshot(picture({ appliances: [appliance("A11"), appliance("A12")] }));
    const after = applyDelta(
      before,
      delta(11, { appliances: [appliance("A12", { status: "mobilised" })], incidents: [incident("i1")] }),
    );
    expect(after.appliances.get("A11")?.status).toBe("available");
    expect(after.appliances.get("A12")?.status).toBe("mobilised");
    expect([...after.incidents.keys()]).toEqual(["i1"]);
    expect(before.appliances.get("A12")?.status).toBe("available");
  });

  it("drops incidents that are removed or stopped", () => {
    const before = fromSnapshot(picture({ incidents: [incident("i1"), incident("i2"), incident("i3", "stopped")] }));
    expect(before.incidents.size).toBe(2);
    const after = applyDelta(before, delta(11, { removed_incidents: ["i1"], incidents: [incident("i2", "stopped")] }));
    expect(after.incidents.size).toBe(0);
  });

  it("ignores a delta older than the picture", () => {
    const before = fromSnapshot(picture());
    expect(applyDelta(before, delta(9, { appliances: [appliance("A99")] }))).toBe(before);
  });

  it("keeps decisions once, in order, and bounded", () => {
    let state = fromSnapshot(picture({ decisions: [decision("d0")] }));
    state = applyDelta(state, delta(11, { decisions: [decision("d0"), decision("d1")] }));
    expect(state.decisions.map((d) => d.decision_id)).toEqual(["d0", "d1"]);
    const many = Array.from({ length: DECISIONS_KEPT + 5 }, (_, i) => decision(`m${i}`));
    state = applyDelta(state, delta(12, { decisions: many }));
    expect(state.decisions).toHaveLength(DECISIONS_KEPT);
    expect(state.decisions.at(-1)?.decision_id).toBe(`m${DECISIONS_KEPT + 4}`);
  });
});

describe("standingByStation", () => {
  it("counts those that stand there, not those on their way", () => {
    const state = fromSnapshot(
      picture({
        appliances: [appliance("A11"), appliance("A12", { status: "returning" }), appliance("B11", { station: "B1" })],
      }),
    );
    expect(
      standingByStation(state)
        .get("A1")
        ?.map((a) => a.id),
    ).toEqual(["A11"]);
    expect(isMoving(appliance("A12", { status: "returning" }))).toBe(true);
  });
});
