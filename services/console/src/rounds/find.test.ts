import { describe, expect, it } from "vitest";
import type { Council, Day } from "../api/rounds_types";
import { CouncilIndex } from "./council_index";
import { placesOf } from "./day_state";
import { find } from "./find";

const council = {
  vehicles: [{ id: "RCV01", letter: "A" }],
  tips: [],
  streets: { id: ["ST1", "ST2"], name: ["Alder Road", "Elm Street"], line: [[], []] },
  stops: {
    id: ["S1", "S2", "S3"],
    street: ["ST1", "ST1", "ST2"],
    lon: [0, 0, 0],
    lat: [0, 0, 0],
    line: [[], [], []],
    households: [1, 1, 1],
    service_s: [1, 1, 1],
  },
} as unknown as Council;
const day = {
  rounds: [{ vehicle: "RCV01", letter: "A", visits: ["S1", "S2<", "S3"], done: 0 }],
  unserved: ["S9"],
  added: [{ stop: "R-1", lon: 1, lat: 2, origin: "S3", request: null }],
} as unknown as Day;

describe("finding", () => {
  const index = new CouncilIndex(council);
  const places = placesOf(day);
  const found = (text: string, after: string | null = null) => find(text, after, index, day, places);

  it("knows vehicles, letters and stops, whatever their case", () => {
    expect(found("rcv01")).toEqual({ vehicle: "RCV01" });
    expect(found("a")).toEqual({ vehicle: "RCV01" });
    expect(found("s2")).toEqual({ stop: "S2" });
    expect(found("S9")).toEqual({ stop: "S9" });
  });

  it("walks through the stops of a street", () => {
    expect(found("alder")).toEqual({ stop: "S1" });
    expect(found("alder", "S1")).toEqual({ stop: "S2" });
    expect(found("alder", "S2")).toEqual({ stop: "S1" });
  });

  it("finds nothing where there is nothing", () => {
    expect(found("birch")).toBeNull();
    expect(found("  ")).toBeNull();
  });

  it("knows the street of an added stop by the stop it revisits", () => {
    expect(index.stop("R-1", day)).toMatchObject({ street: "Elm Street", lon: 1, lat: 2 });
    expect(index.stop("R-2", day)).toBeNull();
  });
});
