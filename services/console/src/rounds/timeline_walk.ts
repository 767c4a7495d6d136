/** The walk through the time-line by arrow keys: up and down rounds, left and right the stops of one. */
import { stopOf } from "./day_state";
import type { RoundsModel } from "./rounds_model";
import type { Timeline } from "./timeline";

/** Takes an arrow key while the time-line has the focus. Returns whether it was one. */
export function walk(event: KeyboardEvent, model: RoundsModel, timeline: Timeline): boolean {
  if (document.activeElement !== timeline.canvas) return false;
  if (event.key === "ArrowUp" || event.key === "ArrowDown") stepRow(model, timeline, event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "ArrowLeft" || event.key === "ArrowRight") stepStop(model, event.key === "ArrowRight" ? 1 : -1);
  else return false;
  return true;
}

function stepRow(model: RoundsModel, timeline: Timeline, by: number): void {
  const vehicles = timeline.rows.map((r) => r.round.vehicle);
  const at = vehicles.indexOf(model.vehicle ?? "");
  const next = vehicles[at < 0 ? 0 : Math.min(vehicles.length - 1, Math.max(0, at + by))];
  if (next !== undefined) model.selectVehicle(next);
}

function stepStop(model: RoundsModel, by: number): void {
  const round = model.day?.rounds.find((r) => r.vehicle === model.vehicle);
  if (!round) return;
  const place = model.stop === null ? undefined : model.places.get(model.stop);
  // The first step goes to what is next for the crew.
  let at = place ? place.index + by : by > 0 ? round.done : round.done - 1;
  while (at >= 0 && at < round.visits.length && stopOf(round.visits[at] ?? "") === null) at += by;
  const visit = round.visits[at];
  if (visit !== undefined) model.selectStop(stopOf(visit));
}
