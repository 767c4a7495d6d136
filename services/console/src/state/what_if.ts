/**
 * A supposition and its answer: an incident somewhere, appliances off the run, what would then be best.
 * Pure: each step returns a new state. Never touches the live picture, never asks the service.
 */
import type { WhatIfAnswer, WhatIfRequest } from "../api/advice";
import type { Appliance, Figures, Kind } from "../api/types";
import type { ZoneBytes } from "../zones/bands";
import type { PictureState } from "./picture_state";

export type Mode = "incident" | "off_run";

export interface Place {
  lon: number;
  lat: number;
  /** As an officer would say it: a ground or a station. */
  name: string;
}

export interface Question {
  place: Place | null;
  needs: Readonly<Record<string, number>>;
  offRun: readonly string[];
}

export interface Answered {
  question: Question;
  answer: WhatIfAnswer;
  zones: ZoneBytes | null;
  /** Cover as it was in the live picture when this was answered. */
  live: Figures | null;
  /** What the live picture held when this was asked; see `pictureMark`. */
  mark: string;
}

export interface WhatIf {
  mode: Mode;
  question: Question;
  asking: boolean;
  answered: Answered | null;
  failure: string | null;
  /** Whether the map shows the zones of the answer instead of the live ones. */
  zonesOnMap: boolean;
  /** The station pressed on in the off-the-run mode: its appliances are offered. */
  station: string | null;
}

// What a large fire is made up to first; an officer changes it with one key.
const USUAL_NEED = 4;
export const MOST_NEEDED = 20;
export const MOST_OFF_RUN = 20;

/** A fresh sheet: an incident of the usual size, its place still to be pressed. */
export function fresh(kinds: readonly Kind[]): WhatIf {
  const needs = Object.fromEntries(kinds.map((kind, i) => [kind.id, i === 0 ? USUAL_NEED : 0]));
  return {
    mode: "incident",
    question: { place: null, needs, offRun: [] },
    asking: false,
    answered: null,
    failure: null,
    zonesOnMap: false,
    station: null,
  };
}

function asked(state: WhatIf, change: Partial<Question>): WhatIf {
  return { ...state, question: { ...state.question, ...change }, failure: null };
}

export function withPlace(state: WhatIf, place: Place | null): WhatIf {
  return asked(state, { place });
}

/** Sets how many of a kind are needed, kept within 0 … MOST_NEEDED. */
export function withNeed(state: WhatIf, kind: string, count: number): WhatIf {
  const kept = Math.min(MOST_NEEDED, Math.max(0, Math.round(count)));
  return asked(state, { needs: { ...state.question.needs, [kind]: kept } });
}

/** Takes an appliance off the run in the supposition, or puts it back. */
export function withOffRun(state: WhatIf, appliance: string): WhatIf {
  const { offRun } = state.question;
  if (offRun.includes(appliance)) return asked(state, { offRun: offRun.filter((id) => id !== appliance) });
  return offRun.length < MOST_OFF_RUN ? asked(state, { offRun: [...offRun, appliance] }) : state;
}

/** What to ask the service, or null while nothing is supposed yet. */
export function requestOf(question: Question): WhatIfRequest | null {
  const needs = Object.fromEntries(Object.entries(question.needs).filter(([, n]) => n > 0));
  const request: WhatIfRequest = {};
  if (question.place && Object.keys(needs).length > 0) {
    request.incident = { lon: question.place.lon, lat: question.place.lat };
    request.appliances_required = needs;
  }
  if (question.offRun.length > 0) request.off_run = [...question.offRun];
  return request.incident || request.off_run ? request : null;
}

export function asking(state: WhatIf): WhatIf {
  return { ...state, asking: true, failure: null };
}

/** An answer came: it stands beside the live figures until another question, or Esc. */
export function answered(state: WhatIf, result: Answered): WhatIf {
  return { ...state, asking: false, failure: null, answered: result };
}

export function failed(state: WhatIf, failure: string): WhatIf {
  return { ...state, asking: false, failure };
}

/** The supposition was emptied: no answer belongs to it. */
export function emptied(state: WhatIf): WhatIf {
  return { ...state, asking: false, answered: null, zonesOnMap: false };
}

/** Whether an appliance counts towards cover now: only such a one can be supposed off the run. */
export function countsNow({ status }: Appliance): boolean {
  return status === "available" || status === "returning" || status === "relocating";
}

/** What the answer rests on: who is available or ordered where, which incidents are open. Positions do not matter. */
export function pictureMark(picture: PictureState | null): string {
  if (!picture) return "";
  const free: string[] = [];
  for (const a of picture.appliances.values()) {
    if (countsNow(a)) free.push(`${a.id}@${a.station ?? ""}>${a.ordered?.to ?? ""}`);
  }
  return `${free.sort().join(" ")}|${[...picture.incidents.keys()].sort().join(" ")}`;
}

export function hasMovedOn(result: Answered, picture: PictureState | null): boolean {
  return result.mark !== pictureMark(picture);
}

/** Whether the answer belongs to what the sheet says now. */
export function answersTheSheet(state: WhatIf): boolean {
  const { answered: result, question } = state;
  return result !== null && JSON.stringify(requestOf(result.question)) === JSON.stringify(requestOf(question));
}
