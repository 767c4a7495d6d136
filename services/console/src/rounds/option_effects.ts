/** What an answer would do to the day, stop by stop. Pure. */
import type { RoundsOption } from "../api/rounds_types";
import { stopOf, type StopPlace } from "./day_state";

export interface Effects {
  /** Stops that would be served by another vehicle than now, or by one at all: stop to vehicle. */
  goesTo: ReadonlyMap<string, string>;
  /** Vehicles whose rounds would change. */
  vehicles: ReadonlySet<string>;
}

export const NO_EFFECTS: Effects = { goesTo: new Map(), vehicles: new Set() };

export function effectsOf(option: RoundsOption, places: ReadonlyMap<string, StopPlace>): Effects {
  const goesTo = new Map<string, string>(option.placed);
  for (const { vehicle, visits } of option.rounds) {
    for (const visit of visits) {
      const stop = stopOf(visit);
      if (stop !== null && places.get(stop)?.round.vehicle !== vehicle) goesTo.set(stop, vehicle);
    }
  }
  return { goesTo, vehicles: new Set(option.rounds.map((r) => r.vehicle)) };
}
