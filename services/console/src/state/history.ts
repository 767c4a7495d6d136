/** Cover over the last hour, for the sparkline. Pure. */
import type { HistoryPoint, Plan } from "../api/types";

export const HISTORY_SHOWN_MS = 60 * 60 * 1000;
// Plans come several times a second; the line needs no more than one point in this time.
const STEP_MS = 5_000;

/** Adds a plan's cover-as-it-is; replaces the last point when it is younger than a step. */
export function withPlan(history: readonly HistoryPoint[], plan: Plan): HistoryPoint[] {
  const point: HistoryPoint = [plan.picture_time, plan.before.first_share, plan.before.second_share];
  const atMs = Date.parse(plan.picture_time);
  const kept = history.filter((p) => atMs - Date.parse(p[0]) <= HISTORY_SHOWN_MS && Date.parse(p[0]) <= atMs);
  const previous = kept.at(-2);
  if (previous && atMs - Date.parse(previous[0]) < STEP_MS) kept.pop();
  return [...kept, point];
}
