/**
 * How far a recommended move has come: from recommended, through sending, accepted, told and on the way, to
 * arrived. Pure: read off the picture, the decisions and what this console has just sent.
 */
import type { Appliance, Decision, PlanMove } from "../api/types";
import type { PictureState } from "./picture_state";

export type Phase =
  "recommended" | "sending" | "accepted" | "told" | "on_the_way" | "arrived" | "rejected" | "overtaken";

export interface Progress {
  phase: Phase;
  at: string | null;
  eta: string | null;
  reason: string | null;
  refusal: string | null;
  undoable: boolean;
  planId: string | null;
}

/** What this console sent and has not yet seen in the picture. */
export interface Pending {
  planId: string;
  action: Decision["action"];
  reason: Decision["reason"];
  stage: "sending" | "taken" | "refused";
  detail: string | null;
  atMs: number;
}

export type MoveRef = Pick<PlanMove, "move_id" | "appliance" | "from_station" | "to_station">;

// How long a finished or overtaken move stays in the list of moves under way, in picture time.
const ARRIVED_SHOWN_MS = 90_000;
const OVERTAKEN_SHOWN_MS = 45_000;
// A crew that has just acknowledged is shown as told; after this, or with a position, as on the way.
const TOLD_SHOWN_MS = 4_000;

const NOTHING: Progress = {
  phase: "recommended",
  at: null,
  eta: null,
  reason: null,
  refusal: null,
  undoable: false,
  planId: null,
};

function latestDecision(picture: PictureState, moveId: string): Decision | null {
  return picture.decisions.findLast((d) => d.move_id === moveId) ?? null;
}

function carriedOut(picture: PictureState, move: MoveRef, decision: Decision, a: Appliance): Progress {
  const base = { ...NOTHING, at: decision.at, planId: decision.plan_id };
  if (a.ordered?.move_id === move.move_id) return { ...base, phase: "accepted", undoable: true };
  if (a.status === "relocating" && a.station === move.to_station) {
    const sinceMs = Date.parse(picture.asOf) - Date.parse(a.since ?? picture.asOf);
    const phase = sinceMs < TOLD_SHOWN_MS ? "told" : "on_the_way";
    return { ...base, phase, at: a.since, eta: a.expected_at };
  }
  if (a.status === "available" && a.station === move.to_station) {
    return { ...base, phase: "arrived", at: a.since };
  }
  return { ...base, phase: "overtaken", at: a.since };
}

/** Progress of a move shown in the recommended list of plan `planId`. */
export function progressOf(
  picture: PictureState,
  move: MoveRef,
  planId: string,
  pending: Pending | undefined,
): Progress {
  const refusal = pending?.stage === "refused" ? pending.detail : null;
  if (pending?.stage === "sending") return { ...NOTHING, phase: "sending", planId };
  const decision = latestDecision(picture, move.move_id);
  const appliance = picture.appliances.get(move.appliance);
  if (appliance && decision?.action === "accept") {
    const progress = carriedOut(picture, move, decision, appliance);
    if (progress.phase !== "overtaken") return { ...progress, refusal };
  }
  if (decision?.action === "reject" && decision.plan_id === planId) {
    return { ...NOTHING, phase: "rejected", at: decision.at, reason: decision.reason, refusal, planId };
  }
  if (pending?.stage === "taken" && pending.action === "accept") {
    return { ...NOTHING, phase: "accepted", at: new Date(pending.atMs).toISOString(), planId, undoable: true };
  }
  if (appliance && !stillPossible(appliance, move)) return { ...NOTHING, phase: "overtaken", refusal };
  return { ...NOTHING, refusal };
}

function stillPossible(appliance: Appliance, move: MoveRef): boolean {
  const free = appliance.status === "available" || appliance.status === "returning";
  return free && appliance.station === move.from_station && appliance.ordered === null;
}

export interface UnderWay {
  /** The decision that set it in motion; empty for a move of the list. */
  decisionId: string;
  move: MoveRef;
  progress: Progress;
}

/**
 * Accepted moves not in `shownIds`, newest first: what has been set in motion and has not ended. One that has
 * arrived, or was overtaken, stays for a while of picture time, and for as long as `kept` says, by its decision.
 */
export function underWay(
  picture: PictureState,
  shownIds: ReadonlySet<string>,
  kept: (decisionId: string) => boolean = () => false,
): UnderWay[] {
  const nowMs = Date.parse(picture.asOf);
  const seen = new Set<string>();
  const list: UnderWay[] = [];
  for (const decision of [...picture.decisions].reverse()) {
    if (seen.has(decision.appliance)) continue;
    if (decision.action === "reject") continue;
    seen.add(decision.appliance);
    if (decision.action !== "accept" || shownIds.has(decision.move_id)) continue;
    const appliance = picture.appliances.get(decision.appliance);
    if (!appliance) continue;
    const progress = carriedOut(picture, decision, decision, appliance);
    const ageMs = nowMs - Date.parse(progress.at ?? decision.at);
    const shownMs = { arrived: ARRIVED_SHOWN_MS, overtaken: OVERTAKEN_SHOWN_MS }[progress.phase as string];
    if (shownMs !== undefined && ageMs > shownMs && !kept(decision.decision_id)) continue;
    list.push({ decisionId: decision.decision_id, move: decision, progress });
  }
  return list;
}
