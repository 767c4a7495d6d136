/**
 * From the service's own metrics to what the Engine room shows: figures of the last while, by area.
 * Pure. A scrape is what one poll of `/metrics` gave; a figure compares the newest with an older one.
 */
import { added, EMPTY, since, type Histogram } from "./histogram";
import { readNumber, readSamples, type Sample } from "./prometheus_text";

export const STAGES = ["ingest", "fold", "wait", "solve", "certify", "frontier", "publish", "push"] as const;
export type Stage = (typeof STAGES)[number];

/** The design's levels for event to console on a two-core server, and the proof's; in seconds and as a fraction. */
export const LEVELS = { p50S: 0.05, p99EmbeddedS: 0.2, p99KafkaS: 0.3, gap: 0.001 } as const;

export interface Scrape {
  atMs: number;
  samples: readonly Sample[];
}

export interface AreaFigures {
  area: string;
  eventToPlan: Histogram;
  stages: Readonly<Record<Stage, Histogram>>;
  gap: Histogram;
  eventsPerS: number;
  plansPerS: number;
  lag: number;
  consoles: number;
  /** Since the process began: both are to stay 0. */
  deadLetters: number;
  solveErrors: number;
  /** Since the process began: refused at the door with 422, and said so to the sender. */
  rejected: number;
}

export function scrape(text: string, atMs: number): Scrape {
  return { atMs, samples: readSamples(text) };
}

/** Keeps the scrapes of the last `windowMs`, and one older, so that the window is whole. */
export function kept(scrapes: readonly Scrape[], nowMs: number, windowMs: number): Scrape[] {
  const inside = scrapes.filter((one) => one.atMs >= nowMs - windowMs);
  const older = scrapes.filter((one) => one.atMs < nowMs - windowMs).at(-1);
  return older === undefined ? inside : [older, ...inside];
}

export function areaNames(now: Scrape): string[] {
  const names = now.samples.filter((one) => one.name === "cover_lag_records").map((one) => one.labels["area"] ?? "");
  return [...new Set(names)].sort();
}

export function figuresOf(area: string, now: Scrape, before: Scrape): AreaFigures {
  const between = (name: string, more: Readonly<Record<string, string>> = {}) =>
    since(histogramOf(now, name, { area, ...more }), histogramOf(before, name, { area, ...more }));
  const seconds = (now.atMs - before.atMs) / 1000;
  const perS = (name: string) => {
    const grown = totalOf(now, name, area) - totalOf(before, name, area);
    // A process that has begun anew counts from 0 again.
    return seconds > 0 ? Math.max(0, grown) / seconds : 0;
  };
  return {
    area,
    eventToPlan: between("cover_event_to_plan_seconds"),
    stages: Object.fromEntries(STAGES.map((stage) => [stage, between("cover_stage_seconds", { stage })])) as Record<
      Stage,
      Histogram
    >,
    gap: between("cover_plan_gap"),
    eventsPerS: perS("cover_events_total"),
    plansPerS: perS("cover_plans_total"),
    lag: totalOf(now, "cover_lag_records", area),
    consoles: totalOf(now, "cover_consoles", area),
    deadLetters: totalOf(now, "cover_dead_letters_total", area),
    solveErrors: totalOf(now, "cover_solve_errors_total", area),
    rejected: totalOf(now, "cover_events_rejected_total", area),
  };
}

/** All areas as one. */
export function together(areas: readonly AreaFigures[], name: string): AreaFigures {
  const sum = (what: (one: AreaFigures) => number) => areas.reduce((total, one) => total + what(one), 0);
  return {
    area: name,
    eventToPlan: added(areas.map((one) => one.eventToPlan)),
    stages: Object.fromEntries(STAGES.map((stage) => [stage, added(areas.map((one) => one.stages[stage]))])) as Record<
      Stage,
      Histogram
    >,
    gap: added(areas.map((one) => one.gap)),
    eventsPerS: sum((one) => one.eventsPerS),
    plansPerS: sum((one) => one.plansPerS),
    lag: sum((one) => one.lag),
    consoles: sum((one) => one.consoles),
    deadLetters: sum((one) => one.deadLetters),
    solveErrors: sum((one) => one.solveErrors),
    rejected: sum((one) => one.rejected),
  };
}

export function histogramOf(from: Scrape, name: string, labels: Readonly<Record<string, string>>): Histogram {
  const wanted = Object.entries(labels);
  const buckets = from.samples
    .filter((one) => one.name === `${name}_bucket` && wanted.every(([key, value]) => one.labels[key] === value))
    .map((one) => ({ edge: readNumber(one.labels["le"] ?? ""), count: one.value }))
    .filter((one): one is { edge: number; count: number } => one.edge !== null)
    .sort((a, b) => a.edge - b.edge);
  if (buckets.length === 0) return EMPTY;
  return { edges: buckets.map((one) => one.edge), counts: buckets.map((one) => one.count) };
}

function totalOf(from: Scrape, name: string, area: string): number {
  return from.samples
    .filter((one) => one.name === name && one.labels["area"] === area)
    .reduce((total, one) => total + one.value, 0);
}
