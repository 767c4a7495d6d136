/** A move called away before it arrives is said to be; one that had arrived is not. */
import { describe, expect, it } from "vitest";
import { ENDED_ON_SCREEN_MS, EndedMoves } from "./ended_moves";
import type { Phase, UnderWay } from "./move_progress";

const item = (phase: Phase) => ({ decisionId: "d1", progress: { phase } }) as UnderWay;

describe("EndedMoves", () => {
  it("keeps a move that was called away on the way for a while", () => {
    const ended = new EndedMoves();
    ended.note([item("on_the_way")], 0);
    ended.note([item("overtaken")], 1_000);
    expect(ended.isListed(item("overtaken"), 1_000)).toBe(true);
    ended.note([item("overtaken")], 30_000);
    expect(ended.isListed(item("overtaken"), 1_000 + ENDED_ON_SCREEN_MS)).toBe(false);
  });

  it("says nothing of one that had arrived, or that it never saw under way", () => {
    const arrived = new EndedMoves();
    for (const phase of ["accepted", "arrived", "overtaken"] as const) arrived.note([item(phase)], 0);
    expect(arrived.isListed(item("overtaken"), 1)).toBe(false);
    const old = new EndedMoves();
    old.note([item("overtaken")], 0);
    expect([old.isListed(item("overtaken"), 1), old.isFresh("d1", 1)]).toEqual([false, true]);
  });

  it("lists whatever is still moving", () => {
    expect(new EndedMoves().isListed(item("told"), 0)).toBe(true);
  });
});
