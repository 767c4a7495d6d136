/** Warnings come when the stream or the input is silent, and not before. */
import { describe, expect, it } from "vitest";
import { backoffMs, LAST_BACKOFF_MS } from "../api/live_stream";
import { isLogAway, isOutOfTouch, pictureAgeS, shownAgeS, warningOf, type Health } from "./health";

const beat = { server_time: "", as_of: null, last_event_age_s: 0.2, plan_age_s: 4, degraded: null };
const health = (over: Partial<Health> = {}): Health => ({
  lastMessageMs: 10_000,
  lastBeat: beat,
  lastBeatMs: 10_000,
  logAwaySinceMs: null,
  connection: "live",
  ...over,
});

describe("warningOf", () => {
  it("is silent while all is well, and before anything was heard", () => {
    expect(warningOf(health(), 12_000)).toBeNull();
    expect(warningOf(health({ lastMessageMs: null }), 99_000)).toBeNull();
  });

  it("warns of a silent stream after five seconds, with the age", () => {
    expect(warningOf(health(), 15_001)).toEqual({ kind: "silent_stream", ageS: 5.001 });
    expect(pictureAgeS(health(), 15_001)).toBeCloseTo(5.001);
  });

  it("warns of silent input and of a degraded service", () => {
    const silent = health({ lastBeat: { ...beat, last_event_age_s: 31 } });
    expect(warningOf(silent, 11_000)).toEqual({ kind: "silent_input", ageS: 32 });
    const degraded = health({ lastBeat: { ...beat, degraded: "solver_behind" } });
    expect(warningOf(degraded, 11_000)).toEqual({ kind: "degraded", ageS: 5, reason: "solver_behind" });
    const unplanned = health({ lastBeat: { ...beat, plan_age_s: null, degraded: "no_worker" } });
    expect(warningOf(unplanned, 11_000)).toEqual({ kind: "degraded", ageS: null, reason: "no_worker" });
  });
});

describe("while the log is away", () => {
  it("nothing can be decided, and the picture ages although the service beats", () => {
    const away = health({ lastBeat: { ...beat, degraded: "log_unreachable" }, logAwaySinceMs: 4_000 });
    expect(isLogAway(away)).toBe(true);
    expect(isLogAway(health())).toBe(false);
    expect(shownAgeS(away, 11_000)).toBe(7);
    expect(shownAgeS(health(), 11_000)).toBe(1);
  });
});

describe("isOutOfTouch", () => {
  it("holds without a connection and while the stream is silent, and not when only the input is", () => {
    expect(isOutOfTouch(health(), 12_000)).toBe(false);
    expect(isOutOfTouch(health({ connection: "reconnecting" }), 12_000)).toBe(true);
    expect(isOutOfTouch(health({ connection: "lost" }), 12_000)).toBe(true);
    expect(isOutOfTouch(health(), 15_001)).toBe(true);
    expect(isOutOfTouch(health({ lastBeat: { ...beat, last_event_age_s: 31 } }), 11_000)).toBe(false);
  });
});

describe("backoffMs", () => {
  it("doubles and is bounded", () => {
    expect([0, 1, 2].map(backoffMs)).toEqual([1000, 2000, 4000]);
    expect(backoffMs(1000)).toBe(LAST_BACKOFF_MS);
  });
});
