/** What of a supposition is drawn on the map: its incident, the appliances taken off the run, its moves. Pure. */
import type { Lonlat } from "../api/types";
import type { ConsoleModel } from "../state/console_model";
import { words } from "../words/catalogue";
import type { SupposedMark } from "./draw_supposed";

export function supposedMark(model: ConsoleModel): SupposedMark | null {
  const state = model.whatIf;
  if (!state) return null;
  const { place, needs, offRun } = state.question;
  const total = Object.values(needs).reduce((sum, n) => sum + n, 0);
  return {
    place: place && { lon: place.lon, lat: place.lat, needs: total },
    offRun: offRun.flatMap((id) => placeOf(model, id)),
    moves: (state.answered?.answer.plan.moves ?? []).map((move) => ({
      rank: move.rank,
      points: move.route.length > 1 ? move.route : ends(model, move.from_station, move.to_station),
      label: move.appliance,
    })),
    label: words.whatIf.mapLabel,
  };
}

function placeOf(model: ConsoleModel, id: string): { lon: number; lat: number; label: string }[] {
  const appliance = model.picture?.appliances.get(id);
  const station = model.stations.get(appliance?.station ?? appliance?.home ?? "");
  const label = words.whatIf.offRun(id);
  if (appliance && appliance.lon !== null && appliance.lat !== null) {
    return [{ lon: appliance.lon, lat: appliance.lat, label }];
  }
  return station ? [{ lon: station.lon, lat: station.lat, label }] : [];
}

function ends(model: ConsoleModel, ...ids: string[]): Lonlat[] {
  return ids.flatMap((id) => model.stations.get(id) ?? []).map((s): Lonlat => [s.lon, s.lat]);
}
