import { describe, expect, it } from "vitest";
import { areaNames, figuresOf, kept, scrape, together } from "./engine_figures";
import { quantile, totalOf } from "./histogram";

const metrics = (area: string, events: number, slow: number, fast: number, lag: number): string =>
  [
    `cover_lag_records{area="${area}"} ${lag}`,
    `cover_events_total{area="${area}",type="dynamiccover.appliance.status.v1"} ${events}`,
    `cover_events_total{area="${area}",type="dynamiccover.incident.opened.v1"} 10`,
    `cover_dead_letters_total{area="${area}"} 2`,
    `cover_event_to_plan_seconds_bucket{area="${area}",le="0.05"} ${fast}`,
    `cover_event_to_plan_seconds_bucket{area="${area}",le="+Inf"} ${fast + slow}`,
    `cover_event_to_plan_seconds_bucket{area="${area}",le="0.2"} ${fast + slow}`,
    `cover_stage_seconds_bucket{area="${area}",stage="solve",le="0.05"} ${fast}`,
    `cover_stage_seconds_bucket{area="${area}",stage="solve",le="+Inf"} ${fast}`,
  ].join("\n");

describe("the Engine room's figures", () => {
  const before = scrape(metrics("b", 100, 0, 100, 0), 10_000);
  const now = scrape(`${metrics("b", 300, 50, 150, 7)}\n${metrics("a", 0, 0, 0, 0)}`, 20_000);

  it("are those between two readings", () => {
    const figures = figuresOf("b", now, before);
    expect(figures.eventsPerS).toBe(20);
    expect(figures.lag).toBe(7);
    expect(figures.deadLetters).toBe(2);
    expect(totalOf(figures.eventToPlan)).toBe(100);
    expect(quantile(figures.eventToPlan, 0.99)).toBeCloseTo(0.197);
    expect(totalOf(figures.stages.solve)).toBe(50);
    expect(totalOf(figures.stages.push)).toBe(0);
  });

  it("know every area by its name", () => {
    expect(areaNames(now)).toEqual(["a", "b"]);
  });

  it("never fall below nothing where a process has begun anew", () => {
    expect(figuresOf("b", scrape(metrics("b", 5, 0, 5, 0), 30_000), now).eventsPerS).toBe(0);
  });

  it("add up over areas", () => {
    const one = figuresOf("b", now, before);
    const sum = together([one, one], "all");
    expect([sum.area, sum.eventsPerS, sum.lag, totalOf(sum.eventToPlan)]).toEqual(["all", 40, 14, 200]);
  });

  it("cover a whole window and no more", () => {
    const all = [0, 10, 20, 30, 70].map((s) => ({ atMs: s * 1000, samples: [] }));
    expect(kept(all, 75_000, 60_000).map((one) => one.atMs)).toEqual([10_000, 20_000, 30_000, 70_000]);
  });
});
