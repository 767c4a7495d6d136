/**
 * How fresh the shown picture is, and what to warn of. Pure: clocks are passed in.
 */
import type { Beat } from "../api/types";
import type { ConnectionState } from "../api/live_stream";

// Beats come every 2 s: two missed ones and a little more mean that the stream is silent.
export const SILENT_STREAM_MS = 5_000;
// A service that has heard nothing for this long may have lost its input.
export const SILENT_INPUT_S = 30;
// After this long without any message the connection is made anew.
export const RENEW_STREAM_MS = 12_000;

export interface Health {
  lastMessageMs: number | null;
  lastBeat: Beat | null;
  lastBeatMs: number | null;
  /** Since when the service has said that its log is away; null while it is there. */
  logAwaySinceMs: number | null;
  connection: ConnectionState;
}

export type Warning =
  | { kind: "silent_stream"; ageS: number }
  | { kind: "silent_input"; ageS: number }
  | { kind: "degraded"; ageS: number | null; reason: string };

/** Seconds since the picture was last known to be right: a message or a beat confirms it. */
export function pictureAgeS(health: Health, nowMs: number): number | null {
  return health.lastMessageMs === null ? null : Math.max(0, (nowMs - health.lastMessageMs) / 1000);
}

/** Words of a service that can take no decision now. */
const LOG_AWAY = new Set(["log_unreachable", "log_full"]);

/** Whether the service says that it can take no event and no decision. */
export function isLogAway(health: Health): boolean {
  return LOG_AWAY.has(health.lastBeat?.degraded ?? "");
}

/** Seconds since the shown picture was last known to be the newest: not while the log is away, whoever beats. */
export function shownAgeS(health: Health, nowMs: number): number | null {
  if (health.logAwaySinceMs === null) return pictureAgeS(health, nowMs);
  return Math.max(0, (nowMs - health.logAwaySinceMs) / 1000);
}

/** Whether the advice shown may be old because the service is not heard: then no decision is sent. */
export function isOutOfTouch(health: Health, nowMs: number): boolean {
  return health.connection !== "live" || warningOf(health, nowMs)?.kind === "silent_stream";
}

export function warningOf(health: Health, nowMs: number): Warning | null {
  const ageS = pictureAgeS(health, nowMs);
  if (ageS === null) return null;
  if (ageS * 1000 > SILENT_STREAM_MS) return { kind: "silent_stream", ageS };
  const beat = health.lastBeat;
  if (beat === null || health.lastBeatMs === null) return null;
  const sinceBeatS = (nowMs - health.lastBeatMs) / 1000;
  if (beat.degraded !== null) {
    const planAgeS = beat.plan_age_s === null ? null : beat.plan_age_s + sinceBeatS;
    return { kind: "degraded", ageS: planAgeS, reason: beat.degraded };
  }
  const inputAgeS = beat.last_event_age_s;
  if (inputAgeS !== null && inputAgeS > SILENT_INPUT_S) {
    return { kind: "silent_input", ageS: inputAgeS + sinceBeatS };
  }
  return null;
}
