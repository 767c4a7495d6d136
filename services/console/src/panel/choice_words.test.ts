/** Choices, proofs and mobilising in words an operator reads in two seconds. */
import { describe, expect, it } from "vitest";
import type { MobilisingAdvice, MobilisingChoice, MoveName } from "../api/advice";
import type { Kind, Plan } from "../api/types";
import type { Choice } from "../state/preview";
import { proofOf } from "../words/certificate";
import { minutesSeconds, signed } from "../words/format";
import { findAppliance, findStation } from "../what_if/finder";
import { differenceWords, fullDifferenceWords, priceWords, shareWords, yetWords } from "./choice_words";
import { stabilityWords } from "./decision_log";
import { coverCost, laterWords, needsOf, needWords, sameAppliances } from "./mobilising_choices";

const move = (appliance: string, to: string) =>
  ({ move_id: `${appliance}>${to}`, appliance, to_station: to }) as MoveName;
const PLAN = {
  moves: [move("A211", "Soho"), move("A31", "Acton")],
  objective: 100,
  after: { first_share: 0.9, second_share: 0.8 },
} as unknown as Plan;
const choice = (moves: MoveName[], more: Partial<Choice> = {}): Choice => ({
  moves,
  objective: 103.14,
  first_share: 0.8968,
  second_share: 0.8,
  ...more,
});
const PUMP = { id: "pump", name: "Pump", first_target_s: 360 } as Kind;

describe("differenceWords", () => {
  const say = (...moves: MoveName[]) => differenceWords(PLAN, choice(moves), new Map());

  it("names what is done instead, in one line", () => {
    expect(say(move("A24", "Soho"), move("A31", "Acton"))).toBe("instead of A211: A24 → Soho");
    expect(say(move("A211", "Euston"), move("A31", "Acton"))).toBe("A211 → Euston, instead of Soho");
    expect(say(move("A9", "Ealing"), move("A31", "Acton"))).toBe("instead of A211 → Soho: A9 → Ealing");
    expect(say(move("A9", "Ealing"), move("A8", "Acton"))).toBe("instead of 2: A9 → Ealing, A8 → Acton");
    expect(fullDifferenceWords(PLAN, choice([move("A9", "Ealing")]), new Map())).toBe(
      "instead of A211 → Soho, A31 → Acton: A9 → Ealing",
    );
  });

  it("names what is left out or done besides", () => {
    expect(say(move("A31", "Acton"))).toBe("without A211 → Soho");
    expect(say(...PLAN.moves, move("A9", "Ealing"))).toBe("also A9 → Ealing");
    expect(say()).toBe("without A211 → Soho and 1 more");
  });
});

describe("the price of a choice", () => {
  it("is what it gives up against the recommended plan", () => {
    expect(priceWords(PLAN, choice([]))).toBe("+3.1");
    expect(shareWords(PLAN, choice([]), PUMP)).toBe("gives up 0.32 pt ≤ 6 min");
    expect(shareWords(PLAN, choice([], { first_share: 0.91 }), PUMP)).toBe("brings +1.00 pt ≤ 6 min");
    expect(shareWords(PLAN, choice([], { first_share: 0.9 }), PUMP)).toBe("same ≤ 6 min");
  });

  it("says why more calls in time can still be worse, and only then", () => {
    expect(yetWords(PLAN, choice([], { first_share: 0.91 }), PUMP)).toContain("More calls ≤ 6 min, yet more risk");
    expect(yetWords(PLAN, choice([]), PUMP)).toBe("");
    expect(yetWords(PLAN, choice([], { first_share: 0.91, objective: 99 }), PUMP)).toBe("");
  });

  it("keeps its sign and loses decimals only where large", () => {
    expect([signed(3.14), signed(-3.14), signed(250.4), signed(0)]).toEqual(["+3.1", "−3.1", "+250", "0.0"]);
  });
});

describe("proofOf", () => {
  it("marks what is proven, and says so in words", () => {
    expect(proofOf(0)).toEqual({ mark: "✓", text: "proven best for this many moves" });
    expect(proofOf(0.001)).toEqual({ mark: "✓", text: "proven within 0.10 % for this many moves" });
    expect(proofOf(0.004).mark).toBe("≈");
    expect(proofOf(null).mark).toBe("≈");
    expect(proofOf(undefined).text).toContain("not yet known");
  });
});

describe("mobilising", () => {
  const sends = (rise: number, ...ids: string[]): MobilisingChoice => ({
    appliances: ids.map((appliance) => ({ appliance, kind: "pump", station: "S", attendance_s: 250 })),
    risk_after: 0,
    first_s: null,
    second_s: null,
    rise,
  });
  const advice = (nearest: MobilisingChoice, least: MobilisingChoice): MobilisingAdvice => ({
    incident: "i",
    short: { aerial: 1 },
    risk_before: 500,
    nearest,
    least_cover: least,
  });

  it("counts what is needed: found and not to be found", () => {
    expect(needsOf(advice(sends(1, "A", "B"), sends(1, "C", "D")))).toEqual({ pump: 2, aerial: 1 });
    expect(needWords({ pump: 2, aerial: 0 }, [PUMP])).toBe("2 pumps");
    expect(needWords({ pump: 1, aerial: 1 }, [PUMP, { id: "aerial", name: "Aerial" } as Kind])).toBe("1 pump, 1 aerial");
  });

  it("says what a choice costs cover, in percent of the risk", () => {
    const one = sends(16, "A", "B");
    expect(coverCost(advice(one, one), one)).toBe("+3.2");
    expect(sameAppliances(one, sends(16, "B", "A"))).toBe(true);
    expect(sameAppliances(one, sends(16, "B", "C"))).toBe(false);
  });

  it("says what sparing cover costs in time", () => {
    const near = sends(2, "A", "B");
    const later = (...times: number[]): MobilisingChoice => ({
      ...near,
      appliances: near.appliances.map((a, i) => ({ ...a, attendance_s: times[i] ?? 0 })),
    });
    expect(laterWords(near, later(250, 410))).toBe("last arrives 2 min 40 s later");
    expect(laterWords(later(200, 250), near)).toBe("first arrives 50 s later");
    expect(laterWords(near, near)).toBe("");
    expect(laterWords(sends(0), sends(0))).toBe("");
  });

  it("gives attendance times to the second", () => {
    expect([minutesSeconds(250), minutesSeconds(59.6), minutesSeconds(0)]).toEqual(["4:10", "1:00", "0:00"]);
  });
});

describe("stabilityWords", () => {
  it("reads as a whole number, small rates with a decimal", () => {
    expect(stabilityWords(2.985)).toBe("3 reversals per 100 moves (24 h)");
    expect(stabilityWords(1)).toBe("1 reversal per 100 moves (24 h)");
    expect(stabilityWords(0.4)).toBe("0.4 reversals per 100 moves (24 h)");
    expect(stabilityWords(0)).toBe("0 reversals per 100 moves (24 h)");
  });
});

describe("what an officer types", () => {
  const stations = [
    { id: "A24", name: "Soho" },
    { id: "A25", name: "Southwark" },
    { id: "A26", name: "Euston" },
  ] as unknown as Parameters<typeof findStation>[0];

  it("finds stations by name, id or the beginning that only one has", () => {
    expect(findStation(stations, " soho ")?.id).toBe("A24");
    expect(findStation(stations, "a26")?.name).toBe("Euston");
    expect(findStation(stations, "sout")?.id).toBe("A25");
    expect(findStation(stations, "so")).toBeNull();
    expect(findStation(stations, "")).toBeNull();
  });

  it("finds callsigns whatever the capitals and blanks", () => {
    expect(findAppliance(["A211", "A212"], "a 211")).toBe("A211");
    expect(findAppliance(["A211"], "A21")).toBeNull();
  });
});
