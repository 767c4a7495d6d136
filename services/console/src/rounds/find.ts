/** Finds what a manager types: a stop, a vehicle or letter, or the stops of a street, one after another. Pure. */
import type { CouncilIndex } from "./council_index";
import type { Day } from "../api/rounds_types";
import type { StopPlace } from "./day_state";

export type Found = { stop: string } | { vehicle: string };

export function find(
  text: string,
  after: string | null,
  index: CouncilIndex,
  day: Day,
  places: ReadonlyMap<string, StopPlace>,
): Found | null {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return null;
  const round = day.rounds.find((r) => r.vehicle.toLowerCase() === wanted || r.letter.toLowerCase() === wanted);
  if (round) return { vehicle: round.vehicle };
  const exact = [...places.keys(), ...day.unserved].find((s) => s.toLowerCase() === wanted);
  if (exact !== undefined) return { stop: exact };
  const named = [...index.stops.values()].filter((s) => s.street.toLowerCase().includes(wanted)).map((s) => s.id);
  const next = named[(named.indexOf(after ?? "") + 1) % Math.max(1, named.length)];
  return next === undefined ? null : { stop: next };
}
