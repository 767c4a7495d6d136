/** Lists of grounds read as words: what is left out is never mistaken for seconds. */
import { describe, expect, it } from "vitest";
import type { GroundChange } from "../api/types";
import { gainList, lossList } from "./move_words";

const changes = (...stations: string[]): GroundChange[] =>
  stations.map((station) => ({ station, seconds: 25, demand_per_h: 1 }));

describe("gainList and lossList", () => {
  it("say in words how many more there are", () => {
    expect(gainList(new Map(), changes("Soho", "Euston", "Acton"), 1)).toBe("Soho and 2 more");
    expect(lossList(new Map(), changes("Maida Vale", "Soho"), 1)).toBe("Maida Vale 25 s slower and 1 more");
  });

  it("name all of them where there is room", () => {
    expect(gainList(new Map(), changes("Soho", "Euston"), 4)).toBe("Soho, Euston");
    expect(lossList(new Map(), [], 4)).toBe("no ground loses");
  });
});
