import { describe, expect, it } from "vitest";
import type { Round } from "../api/rounds_types";
import { questionOf, roundOfLetters, stepPlace, stepRound } from "./move_choice";

const round = (vehicle: string, letter: string, visits: string[], done = 0, status: Round["status"] = "in_service") =>
  ({ vehicle, letter, visits, done, status }) as Round;

const rounds = [
  round("V1", "A", ["S1", "S2", "tip:T", "S3"], 1),
  round("V2", "B", [], 0, "broken_down"),
  round("V3", "AB", ["S4<", "S5"]),
  round("V4", "C", ["S6"]),
];
const choice = { stop: "S1", vehicle: "V1", before: null };

describe("moving a stop by keys", () => {
  it("steps through the rounds in service, round the end", () => {
    expect(stepRound(choice, rounds, 1).vehicle).toBe("V3");
    expect(stepRound(choice, rounds, -1).vehicle).toBe("V4");
  });

  it("steps through the places that are not done, and back to the best one", () => {
    const first = stepPlace({ ...choice, stop: "S9" }, rounds, 1);
    expect(questionOf(first, rounds)).toEqual({ stop: "S9", vehicle: "V1", before: "S2" });
    const second = stepPlace(first, rounds, 1);
    expect(questionOf(second, rounds).before).toBe("tip:T");
    expect(questionOf(stepPlace(stepPlace(second, rounds, -1), rounds, -1), rounds)).toEqual({ stop: "S9", vehicle: "V1" });
    expect(stepPlace(stepPlace(second, rounds, 1), rounds, 1).before).toBe(3);
  });

  it("never puts a stop before itself, and names a visit as the round writes it", () => {
    const placed = stepPlace({ stop: "S5", vehicle: "V3", before: null }, rounds, 1);
    expect(questionOf(placed, rounds).before).toBe("S4<");
    expect(stepPlace(placed, rounds, 1).before).toBe(0);
  });

  it("finds a round by its letters", () => {
    expect(roundOfLetters(rounds, "a")?.vehicle).toBe("V1");
    expect(roundOfLetters(rounds, "ab")?.vehicle).toBe("V3");
    expect(roundOfLetters(rounds, "b")).toBeNull();
  });
});
