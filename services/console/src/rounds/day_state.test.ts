import { describe, expect, it } from "vitest";
import type { Change, Day, Round } from "../api/rounds_types";
import { loadShare, mergeDay, openChanges, overtimeOf, placesOf, stopOf } from "./day_state";

const round = (vehicle: string, patch: Partial<Round> = {}): Round => ({
  vehicle,
  letter: vehicle.slice(-1),
  status: "in_service",
  done: 1,
  visits: ["S1", "tip:T1", "S2<", "break>"],
  begin_s: [21_600, 22_000, 23_000, 23_400],
  finish_s: 25_000,
  shift_end_s: 26_000,
  overtime_s: 0,
  load: { residual: 500, paper: 90 },
  capacity: { residual: 1_000, paper: 100 },
  next_tip: 1,
  dist_m: 0,
  drive_s: 0,
  stops: 2,
  stops_done: 1,
  collections: 20,
  collections_done: 10,
  lonlat: null,
  delay_s: 0,
  ...patch,
});

const change = (key: string, at: string, status: Change["status"] = "open") => ({ key, kind: "request", at, status }) as Change;

const totals = {
  cost: 1,
  cost_per_collection: 1,
  overtime_s: 0,
  dist_m: 0,
  drive_s: 0,
  missed_per_1000: 0,
  collections: 40,
  collections_done: 20,
};

const day = (patch: Partial<Day> = {}): Day => ({
  offset: 10,
  as_of: "2025-06-06T09:00:00Z",
  date: "2025-06-06",
  version: 3,
  now_s: 36_000,
  rounds: [round("RCV1"), round("RCV2", { visits: ["S3"], begin_s: [21_600], done: 0 })],
  unserved: [],
  added: [],
  locks: {},
  skipped: ["S9"],
  changes: [],
  clusters: [],
  closures: [],
  decisions: [],
  figures: { ...totals, plan: totals, past: [] },
  ...patch,
});

describe("the day", () => {
  it("merges only the rounds that changed, and keeps their order", () => {
    const before = day();
    const next = mergeDay(before, { offset: 11, now_s: 36_060, rounds: [round("RCV2", { done: 1 }), round("RCV3")] });
    expect(next.rounds.map((r) => [r.vehicle, r.done])).toEqual([
      ["RCV1", 1],
      ["RCV2", 1],
      ["RCV3", 1],
    ]);
    expect(next.rounds[0]).toBe(before.rounds[0]);
    expect(next.now_s).toBe(36_060);
    expect(next.skipped).toEqual(["S9"]);
    expect(before.rounds).toHaveLength(2);
  });

  it("keeps its rounds where a change tells of none", () => {
    const before = day();
    expect(mergeDay(before, { offset: 12, skipped: [] }).rounds).toBe(before.rounds);
    expect(mergeDay(before, { offset: 12, skipped: [] }).skipped).toEqual([]);
  });

  it("leaves out a change that is older than it", () => {
    const before = day();
    expect(mergeDay(before, { offset: 9, version: 1 })).toBe(before);
  });

  it("reads the stop out of a visit", () => {
    expect(["S1", "S1<", "tip:T1", "break", "break>", "R-SR-1"].map(stopOf)).toEqual([
      "S1",
      "S1",
      null,
      null,
      null,
      "R-SR-1",
    ]);
  });

  it("knows where each stop is, and whether it is done", () => {
    const places = placesOf(day());
    expect(places.get("S1")).toMatchObject({ index: 0, done: true });
    expect(places.get("S2")).toMatchObject({ index: 2, done: false });
    expect(places.get("S3")?.round.vehicle).toBe("RCV2");
    expect(places.has("tip:T1")).toBe(false);
  });

  it("lists open changes as they came, what stops many collections first", () => {
    const changes = [
      change("request:2", "2025-06-06T09:05:00Z"),
      change("request:1", "2025-06-06T09:00:00Z"),
      change("request:3", "2025-06-06T09:10:00Z", "approved"),
      { ...change("breakdown:RCV1", "2025-06-06T09:30:00Z"), kind: "breakdown" as const },
    ];
    expect(openChanges(day({ changes })).map((c) => c.key)).toEqual(["breakdown:RCV1", "request:1", "request:2"]);
  });

  it("takes the fullest material as the load, and what is past the shift as overtime", () => {
    expect(loadShare(round("RCV1"))).toBeCloseTo(0.9);
    expect(loadShare(round("RCV1", { capacity: {} }))).toBe(0);
    expect(overtimeOf(round("RCV1"))).toBe(0);
    expect(overtimeOf(round("RCV1", { finish_s: 26_600 }))).toBe(600);
  });
});
