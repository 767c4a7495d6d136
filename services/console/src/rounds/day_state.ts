/**
 * The council's day as the console holds it: a snapshot, then changes merged in.
 * Pure: each merge returns a new state. Never talks to the server, never draws.
 */
import type { Change, ChangeKind, Day, DayDelta, Round } from "../api/rounds_types";

/** Merges a change in. One older than the state (a replay after reconnecting) changes nothing. */
export function mergeDay(day: Day, delta: DayDelta): Day {
  if (delta.offset < day.offset) return day;
  const { rounds, ...others } = delta;
  const merged = { ...day, ...others };
  return rounds === undefined ? merged : { ...merged, rounds: mergeRounds(day.rounds, rounds) };
}

function mergeRounds(kept: readonly Round[], changed: readonly Round[]): Round[] {
  const byVehicle = new Map(changed.map((round) => [round.vehicle, round]));
  const known = new Set(kept.map((round) => round.vehicle));
  return [
    ...kept.map((round) => byVehicle.get(round.vehicle) ?? round),
    ...changed.filter((round) => !known.has(round.vehicle)),
  ];
}

/** The stop of a visit, or null where it is a tip or a break. */
export function stopOf(visit: string): string | null {
  if (visit.startsWith("tip:") || visit === "break" || visit === "break>") return null;
  return visit.endsWith("<") ? visit.slice(0, -1) : visit;
}

/** Where a stop stands in the day. */
export interface StopPlace {
  round: Round;
  index: number;
  done: boolean;
}

export function placesOf(day: Day): Map<string, StopPlace> {
  const places = new Map<string, StopPlace>();
  for (const round of day.rounds) {
    for (const [index, visit] of round.visits.entries()) {
      const stop = stopOf(visit);
      if (stop !== null) places.set(stop, { round, index, done: index < round.done });
    }
  }
  return places;
}

// What stops many collections stands first; the rest in the order it came, so that nothing moves under a pointer.
const URGENT: Partial<Record<ChangeKind, number>> = { breakdown: 0, closure: 1, late: 2 };
const NOT_URGENT = 3;

/** The changes to decide on. */
export function openChanges(day: Day): Change[] {
  const rank = (change: Change) => URGENT[change.kind] ?? NOT_URGENT;
  return day.changes
    .filter((c) => c.status === "open")
    .sort((a, b) => rank(a) - rank(b) || Date.parse(a.at) - Date.parse(b.at) || (a.key < b.key ? -1 : 1));
}

/** Share of the capacity that is used, of the material that is fullest. */
export function loadShare(round: Round): number {
  let most = 0;
  for (const [material, amount] of Object.entries(round.load)) {
    const capacity = round.capacity[material] ?? 0;
    if (capacity > 0) most = Math.max(most, amount / capacity);
  }
  return most;
}

/** How far past its shift's end a round is predicted to finish; 0 where nobody can tell. */
export function overtimeOf(round: Round): number {
  return Math.max(0, (round.finish_s ?? 0) - round.shift_end_s);
}

/** Mean of a figure of past weeks, or null where there are none. */
export function meanOf<T>(weeks: readonly T[], value: (week: T) => number): number | null {
  return weeks.length === 0 ? null : weeks.reduce((sum, week) => sum + value(week), 0) / weeks.length;
}
