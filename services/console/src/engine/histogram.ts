/**
 * A Prometheus histogram: cumulative counts by upper edge, what came between two of them, and quantiles.
 * Pure. Called by the Engine room's figures.
 */

/** Ascending upper edges in the metric's unit, the last one infinite, and the counts at or below each. */
export interface Histogram {
  edges: readonly number[];
  counts: readonly number[];
}

export const EMPTY: Histogram = { edges: [], counts: [] };

export function totalOf(one: Histogram): number {
  return one.counts.at(-1) ?? 0;
}

/** Adds histograms of the same edges up; others are left out. */
export function added(parts: readonly Histogram[]): Histogram {
  const first = parts.find((one) => one.edges.length > 0);
  if (first === undefined) return EMPTY;
  const same = parts.filter((one) => sameEdges(one, first));
  return { edges: first.edges, counts: first.edges.map((_, n) => same.reduce((sum, one) => sum + (one.counts[n] ?? 0), 0)) };
}

/** What was counted since `before`; all of it where the process has begun anew, or the edges have changed. */
export function since(now: Histogram, before: Histogram): Histogram {
  if (!sameEdges(now, before) || totalOf(now) < totalOf(before)) return now;
  return { edges: now.edges, counts: now.counts.map((count, n) => Math.max(0, count - (before.counts[n] ?? 0))) };
}

/**
 * The quantile as Prometheus's histogram_quantile has it: linear within a bucket, from 0 in the first one; in the
 * last, infinite bucket its lower edge. Null where nothing was counted.
 */
export function quantile(one: Histogram, q: number): number | null {
  const total = totalOf(one);
  if (total === 0) return null;
  const rank = q * total;
  const place = one.counts.findIndex((count) => count >= rank && count > 0);
  const upper = one.edges[place] ?? Infinity;
  const lower = place > 0 ? (one.edges[place - 1] ?? 0) : Math.min(0, upper);
  if (!Number.isFinite(upper)) return lower;
  const below = place > 0 ? (one.counts[place - 1] ?? 0) : 0;
  const within = (one.counts[place] ?? 0) - below;
  return within === 0 ? upper : lower + ((upper - lower) * (rank - below)) / within;
}

/** Whether a quantile lies beyond the last finite edge, so that all that is known is "more than". */
export function isBeyond(one: Histogram, q: number): boolean {
  const finite = one.counts.at(-2) ?? 0;
  return totalOf(one) > 0 && q * totalOf(one) > finite;
}

/** The counts of each bucket by itself. */
export function bars(one: Histogram): number[] {
  return one.counts.map((count, n) => count - (n > 0 ? (one.counts[n - 1] ?? 0) : 0));
}

function sameEdges(one: Histogram, other: Histogram): boolean {
  return one.edges.length === other.edges.length && one.edges.every((edge, n) => edge === other.edges[n]);
}
