/** A supposition: what is asked, what its answer stands for, and that nothing live follows from it. */
import { describe, expect, it } from "vitest";
import type { WhatIfAnswer } from "../api/advice";
import type { Appliance, Kind } from "../api/types";
import { stateWords } from "../what_if/answer_view";
import type { PictureState } from "./picture_state";
import {
  answered,
  answersTheSheet,
  asking,
  countsNow,
  emptied,
  failed,
  fresh,
  hasMovedOn,
  MOST_NEEDED,
  pictureMark,
  requestOf,
  withNeed,
  withOffRun,
  withPlace,
} from "./what_if";

const KINDS = [{ id: "pump" }, { id: "aerial" }] as Kind[];
const PLACE = { lon: -0.1, lat: 51.5, name: "Soho ground" };
const ANSWER = { plan: { picture_time: "2026-01-01T12:00:00Z" }, solve_ms: 21.4 } as WhatIfAnswer;

function picture(...standing: [string, string, string][]): PictureState {
  const appliances = standing.map(([id, status, station]) => [id, { id, status, station } as Appliance] as const);
  return { appliances: new Map(appliances), incidents: new Map() } as unknown as PictureState;
}

const LIVE = picture(["A211", "available", "A21"], ["A241", "at_incident", "A24"]);
const withAnswer = (state = withPlace(fresh(KINDS), PLACE)) =>
  answered(asking(state), { question: state.question, answer: ANSWER, zones: null, live: null, mark: pictureMark(LIVE) });

describe("requestOf", () => {
  it("asks nothing before something is supposed", () => {
    expect(requestOf(fresh(KINDS).question)).toBeNull();
  });

  it("asks for an incident of the usual size where the map was pressed", () => {
    expect(requestOf(withPlace(fresh(KINDS), PLACE).question)).toEqual({
      incident: { lon: -0.1, lat: 51.5 },
      appliances_required: { pump: 4 },
    });
  });

  it("leaves kinds out that are not needed, and the incident where none is", () => {
    const none = withNeed(withPlace(fresh(KINDS), PLACE), "pump", 0);
    expect(requestOf(none.question)).toBeNull();
    expect(requestOf(withNeed(none, "aerial", 1).question)?.appliances_required).toEqual({ aerial: 1 });
  });

  it("joins an incident and appliances off the run; a second press puts one back", () => {
    const both = withOffRun(withOffRun(withPlace(fresh(KINDS), PLACE), "A211"), "A241");
    expect(requestOf(both.question)?.off_run).toEqual(["A211", "A241"]);
    expect(requestOf(withOffRun(both, "A211").question)?.off_run).toEqual(["A241"]);
  });
});

describe("countsNow", () => {
  it("holds for what covers now, also while it drives", () => {
    const counts = (status: string) => countsNow({ status } as Appliance);
    expect(["available", "returning", "relocating"].every(counts)).toBe(true);
    expect(["mobilised", "at_incident", "off_run"].some(counts)).toBe(false);
  });
});

describe("withNeed", () => {
  it("keeps numbers within what can be asked", () => {
    expect(withNeed(fresh(KINDS), "pump", -3).question.needs["pump"]).toBe(0);
    expect(withNeed(fresh(KINDS), "pump", 99).question.needs["pump"]).toBe(MOST_NEEDED);
  });
});

describe("an answer", () => {
  it("belongs to its question only", () => {
    const state = withAnswer();
    expect(answersTheSheet(state)).toBe(true);
    expect(answersTheSheet(withNeed(state, "pump", 6))).toBe(false);
    expect(stateWords(withNeed(state, "pump", 6), false)).toContain("question before");
  });

  it("says for which picture it was worked out, and when the live one has moved on", () => {
    const state = withAnswer();
    expect(stateWords(state, false)).toMatch(/picture of 12:00:00, in 21 ms\. .*not changed/);
    expect(stateWords(state, true)).toContain("moved on");
  });

  it("is not outdated by positions, but by what is free, by orders, and by incidents", () => {
    const { answered: result } = withAnswer();
    expect(hasMovedOn(result!, picture(["A211", "available", "A21"], ["A241", "at_incident", "A24"]))).toBe(false);
    expect(hasMovedOn(result!, picture(["A211", "mobilised", "A21"], ["A241", "at_incident", "A24"]))).toBe(true);
    const ordered = new Map(LIVE.appliances).set("A211", {
      ...LIVE.appliances.get("A211"),
      ordered: { to: "A24" },
    } as Appliance);
    expect(hasMovedOn(result!, { ...LIVE, appliances: ordered })).toBe(true);
    const withIncident = { ...LIVE, incidents: new Map([["i1", {}]]) } as unknown as PictureState;
    expect(hasMovedOn(result!, withIncident)).toBe(true);
  });

  it("stays while a newer question fails, and goes with an emptied sheet", () => {
    const refused = failed(asking(withAnswer()), "Refused: too many.");
    expect([refused.asking, refused.failure, refused.answered === null]).toEqual([false, "Refused: too many.", false]);
    expect(emptied(refused).answered).toBeNull();
  });
});
