import { describe, expect, it } from "vitest";
import type { Council, Round } from "../api/rounds_types";
import { dayTime, hoursMinutes, timeChange } from "./day_clock";
import { rowOf, serviceTimes } from "./timeline_rows";
import { panned, tickStepS, timeOf, visitAfter, xOf, zoomed, type TimeScale } from "./timeline_scale";

const whole: TimeScale = { fromS: 20_000, toS: 60_000, left: 100, width: 800 };

describe("the time-line's scale", () => {
  it("goes from time to place and back", () => {
    expect(xOf(whole, 20_000)).toBe(100);
    expect(xOf(whole, 40_000)).toBe(500);
    expect(timeOf(whole, xOf(whole, 33_333))).toBeCloseTo(33_333);
  });

  it("keeps what is under the pointer when zooming, and never leaves the day", () => {
    const closer = zoomed(whole, whole, 0.5, 30_000);
    expect(closer.toS - closer.fromS).toBe(20_000);
    expect(xOf(closer, 30_000)).toBeCloseTo(xOf(whole, 30_000));
    expect(zoomed(closer, whole, 10, 30_000)).toEqual(whole);
    expect(panned(closer, whole, -90_000).fromS).toBe(whole.fromS);
    expect(panned(closer, whole, 90_000).toS).toBe(whole.toS);
    const deepest = zoomed(whole, whole, 1e-6, 30_000);
    expect(deepest.toS - deepest.fromS).toBe(900);
  });

  it("leaves room between two ticks", () => {
    expect(tickStepS(whole, 60)).toBe(3_600);
    expect(tickStepS({ ...whole, toS: 23_600 }, 60)).toBe(300);
  });

  it("puts a stop before what comes next, never among what is done, never before itself", () => {
    const round = ["a", "b", "c", "d"].map((visit, i) => ({ visit, beginS: 10 * (i + 1), done: i < 2 }));
    expect(visitAfter(round, 5, -1)).toBe("c");
    expect(visitAfter(round, 32, -1)).toBe("d");
    expect(visitAfter(round, 50, -1)).toBeUndefined();
    expect(visitAfter(round, 25, 2)).toBe("d");
  });
});

describe("a row", () => {
  it("gives each visit its time, and lets none run into the next", () => {
    const council = {
      stops: { id: ["S1", "S2"], service_s: [100, 5_000] },
      tips: [{ id: "T1", service_s: 600 }],
    } as unknown as Council;
    const round = {
      visits: ["S1", "S2<", "tip:T1", "break", "X"],
      begin_s: [1_000, 1_200, 2_000, 3_000, 4_000],
      finish_s: 4_500,
      shift_end_s: 4_400,
      done: 1,
      load: {},
      capacity: {},
    } as unknown as Round;
    const row = rowOf(round, serviceTimes(council));
    expect(row.blocks.map((b) => [b.kind, b.stop, b.beginS, b.endS, b.done])).toEqual([
      ["stop", "S1", 1_000, 1_100, true],
      ["stop", "S2", 1_200, 2_000, false],
      ["tip", null, 2_000, 2_600, false],
      ["break", null, 3_000, 4_000, false],
      ["stop", "X", 4_000, 4_500, false],
    ]);
    expect(row.overtimeS).toBe(100);
  });

  it("puts visits whose time nobody can tell behind the last known one, as long as they take", () => {
    const round = {
      visits: ["S1", "S2", "S3", "tip:T1"],
      begin_s: [1_000, null, null, null],
      finish_s: 1_100,
      shift_end_s: 4_400,
      done: 1,
      load: {},
      capacity: {},
    } as unknown as Round;
    const row = rowOf(round, new Map([["S1", 100], ["S2", 60], ["S3", 40]]));
    expect(row.blocks.map((b) => [b.beginS, b.endS, b.known])).toEqual([
      [1_000, 1_100, true],
      [1_100, 1_160, false],
      [1_160, 1_200, false],
      [1_200, 1_200, false],
    ]);
    expect(rowOf({ ...round, finish_s: null, begin_s: [] }, new Map()).overtimeS).toBe(0);
  });
});

describe("times in words", () => {
  it("reads as people say it", () => {
    expect([dayTime(36_610), dayTime(90_000)]).toEqual(["10:10", "25:00"]);
    expect([hoursMinutes(4_500), hoursMinutes(-60), hoursMinutes(-10)]).toEqual(["1:15", "−0:01", "0:00"]);
    expect([0, 20, -240, 3_900, 3_580].map(timeChange)).toEqual(["0", "+20 s", "−4 min", "+1 h 05", "+1 h 00"]);
  });
});
