/** Which round, and where in it, a stop is moved to by keys. Pure. */
import type { PriceQuestion, Round } from "../api/rounds_types";
import { stopOf } from "./day_state";

export interface MoveChoice {
  stop: string;
  vehicle: string;
  /** Index of the visit it would stand before; null: where it costs least. */
  before: number | null;
}

/** The rounds a stop can be moved to: those in service. */
export function targets(rounds: readonly Round[]): Round[] {
  return rounds.filter((r) => r.status === "in_service");
}

export function stepRound(choice: MoveChoice, rounds: readonly Round[], by: number): MoveChoice {
  const possible = targets(rounds);
  const at = possible.findIndex((r) => r.vehicle === choice.vehicle);
  const next = possible[(at + by + possible.length) % possible.length];
  return next ? { ...choice, vehicle: next.vehicle, before: null } : choice;
}

/** One place later or earlier among what is not done; beyond the first it is again where it costs least. */
export function stepPlace(choice: MoveChoice, rounds: readonly Round[], by: number): MoveChoice {
  const round = rounds.find((r) => r.vehicle === choice.vehicle);
  if (!round) return choice;
  const places = round.visits.map((_, i) => i).filter((i) => i >= round.done && stopOf(round.visits[i] ?? "") !== choice.stop);
  const at = choice.before === null ? -1 : places.indexOf(choice.before);
  const next = Math.min(places.length - 1, at + by);
  return { ...choice, before: next < 0 ? null : (places[next] ?? null) };
}

/** The round a typed letter means: the exact one, else the first that begins so. */
export function roundOfLetters(rounds: readonly Round[], typed: string): Round | null {
  const wanted = typed.toUpperCase();
  const possible = targets(rounds);
  return (
    possible.find((r) => r.letter.toUpperCase() === wanted) ??
    possible.find((r) => r.letter.toUpperCase().startsWith(wanted)) ??
    null
  );
}

export function questionOf(choice: MoveChoice, rounds: readonly Round[]): PriceQuestion {
  const round = rounds.find((r) => r.vehicle === choice.vehicle);
  const before = choice.before === null ? undefined : round?.visits[choice.before];
  return { stop: choice.stop, vehicle: choice.vehicle, ...(before === undefined ? {} : { before }) };
}
