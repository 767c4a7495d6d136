/** The still parts of a council by name: stops, streets, vehicles and their letters. Pure; made once. */
import type { Council, Day } from "../api/rounds_types";
import type { Lonlat } from "../api/types";
import { serviceTimes } from "./timeline_rows";

export interface StopFacts {
  id: string;
  street: string;
  lon: number;
  lat: number;
  line: readonly Lonlat[];
  households: number;
}

export class CouncilIndex {
  readonly stops = new Map<string, StopFacts>();
  readonly streets = new Map<string, { name: string; line: readonly Lonlat[] }>();
  readonly letters = new Map<string, string>();
  /** Place of a vehicle in the council's list: its colour. */
  readonly order = new Map<string, number>();
  readonly serviceS: ReadonlyMap<string, number>;

  constructor(readonly council: Council) {
    const { stops, streets } = council;
    for (const [i, id] of streets.id.entries())
      this.streets.set(id, { name: streets.name[i] ?? id, line: streets.line[i] ?? [] });
    for (const [i, id] of stops.id.entries()) {
      const street = stops.street[i] ?? "";
      this.stops.set(id, {
        id,
        street: this.streets.get(street)?.name ?? street,
        lon: stops.lon[i] ?? 0,
        lat: stops.lat[i] ?? 0,
        line: stops.line[i] ?? [],
        households: stops.households[i] ?? 0,
      });
    }
    for (const [i, vehicle] of council.vehicles.entries()) {
      this.letters.set(vehicle.id, vehicle.letter);
      this.order.set(vehicle.id, i);
    }
    this.serviceS = serviceTimes(council);
  }

  letter(vehicle: string): string {
    return this.letters.get(vehicle) ?? vehicle;
  }

  /** The street whose stop lies nearest to a place; empty where there are no stops. */
  streetAt(lon: number, lat: number): string {
    const narrow = Math.cos((lat * Math.PI) / 180);
    let nearest = "";
    let least = Infinity;
    for (const stop of this.stops.values()) {
      const distance = Math.hypot((stop.lon - lon) * narrow, stop.lat - lat);
      if (distance >= least) continue;
      least = distance;
      nearest = stop.street;
    }
    return nearest;
  }

  /** Facts of a stop: of the morning's plan, or added during the day. */
  stop(id: string, day: Day | null): StopFacts | null {
    const known = this.stops.get(id);
    if (known) return known;
    const added = day?.added.find((a) => a.stop === id);
    if (!added) return null;
    const origin = added.origin === null ? undefined : this.stops.get(added.origin);
    return { id, street: origin?.street ?? "", lon: added.lon, lat: added.lat, line: [], households: 0 };
  }
}
