/**
 * The operational picture as the console holds it: a snapshot, then deltas folded in.
 * Pure: each fold returns a new state. Never talks to the server, never draws.
 */
import type { Cluster } from "../api/clusters";
import type { Appliance, Counts, Decision, Incident, Picture, PictureDelta } from "../api/types";

// The server sends the last 50; the console keeps the same number.
export const DECISIONS_KEPT = 50;

/** What `asOf` is before the first event. */
export const NO_EVENTS_YET = "1970-01-01T00:00:00Z";

export interface PictureState {
  offset: number;
  asOf: string;
  counts: Counts;
  appliances: ReadonlyMap<string, Appliance>;
  incidents: ReadonlyMap<string, Incident>;
  decisions: readonly Decision[];
  clusters: readonly Cluster[];
}

export function fromSnapshot(picture: Picture): PictureState {
  return {
    offset: picture.offset,
    asOf: picture.as_of ?? NO_EVENTS_YET,
    counts: picture.counts,
    appliances: new Map(picture.appliances.map((a) => [a.id, a])),
    incidents: new Map(picture.incidents.filter((i) => i.status === "open").map((i) => [i.id, i])),
    decisions: picture.decisions.slice(-DECISIONS_KEPT),
    clusters: picture.clusters ?? [],
  };
}

/** Folds one delta in. A delta older than the state (a replay after reconnecting) changes nothing. */
export function applyDelta(state: PictureState, delta: PictureDelta): PictureState {
  if (delta.offset < state.offset) return state;
  const appliances = new Map(state.appliances);
  for (const appliance of delta.appliances) appliances.set(appliance.id, appliance);
  const incidents = new Map(state.incidents);
  for (const incident of delta.incidents) {
    if (incident.status === "open") incidents.set(incident.id, incident);
    else incidents.delete(incident.id);
  }
  for (const id of delta.removed_incidents) incidents.delete(id);
  return {
    offset: delta.offset,
    asOf: delta.as_of,
    counts: delta.counts,
    appliances,
    incidents,
    decisions: mergeDecisions(state.decisions, delta.decisions),
    clusters: delta.clusters ?? state.clusters,
  };
}

function mergeDecisions(known: readonly Decision[], added: readonly Decision[]): readonly Decision[] {
  if (added.length === 0) return known;
  const ids = new Set(known.map((d) => d.decision_id));
  return [...known, ...added.filter((d) => !ids.has(d.decision_id))].slice(-DECISIONS_KEPT);
}

/** Appliances available and standing at each station, by station id. Those still driving are not there yet. */
export function standingByStation(state: PictureState): Map<string, Appliance[]> {
  const standing = new Map<string, Appliance[]>();
  for (const appliance of state.appliances.values()) {
    if (appliance.status !== "available" || appliance.station === null) continue;
    const list = standing.get(appliance.station);
    if (list) list.push(appliance);
    else standing.set(appliance.station, [appliance]);
  }
  return standing;
}

export function isMoving(appliance: Appliance): boolean {
  return appliance.status === "mobilised" || appliance.status === "returning" || appliance.status === "relocating";
}
