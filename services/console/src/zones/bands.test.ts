/** Bytes of the wire become bands; the target itself still counts as met. */
import { describe, expect, it } from "vitest";
import type { Kind } from "../api/types";
import { bandEdges, bandOf, changeBandOf, decodeBytes, decodeZones, layerBands } from "./bands";

const kind: Kind = {
  id: "pump",
  name: "Pump",
  first_target_s: 360,
  second_target_s: 480,
  two_needed: true,
  appliances: 2,
};
const wire = (...bytes: number[]) => btoa(String.fromCharCode(...bytes));

const zones = decodeZones({
  plan_id: "p1",
  revision: 0,
  kind: "pump",
  step_s: 10,
  now_first: wire(24, 36, 37, 180),
  now_second: wire(48, 49, 60, 180),
  after_first: wire(24, 28, 39, 100),
  after_second: wire(48, 48, 60, 180),
});

describe("bands", () => {
  it("decodes every byte value", () => {
    const all = Array.from({ length: 256 }, (_, i) => i);
    expect([...decodeBytes(wire(...all))]).toEqual(all);
    expect([...decodeBytes("")]).toEqual([]);
  });

  it("sets edges around the target", () => {
    expect(bandEdges(360)).toEqual([240, 360, 480, 600]);
    expect([0, 240, 241, 360, 361, 480, 600, 601].map((s) => bandOf(s, bandEdges(360)))).toEqual([
      0, 0, 1, 1, 2, 2, 3, 4,
    ]);
  });

  it("bands changes by direction and size", () => {
    expect([-90, -60, -20, -19, 0, 19, 20, 59, 60].map(changeBandOf)).toEqual([0, 0, 1, 2, 2, 2, 3, 3, 4]);
  });

  it("makes each layer from its own bytes", () => {
    expect([...layerBands("now", zones, zones, kind)]).toEqual([0, 1, 2, 4]);
    expect([...layerBands("after", zones, zones, kind)]).toEqual([0, 1, 2, 4]);
    expect([...layerBands("second", zones, zones, kind)]).toEqual([1, 2, 2, 4]);
    expect([...layerBands("difference", zones, zones, kind)]).toEqual([2, 0, 3, 0]);
  });

  it("takes the present from the newest picture and the future from the plan on show", () => {
    const newer = { ...zones, nowFirst: Uint8Array.from([180, 180, 180, 180]) };
    expect([...layerBands("now", newer, zones, kind)]).toEqual([4, 4, 4, 4]);
    expect([...layerBands("after", newer, zones, kind)]).toEqual([0, 1, 2, 4]);
  });

  it("shows where reports raise demand, and a service of before that raises none", () => {
    expect([...layerBands("unconfirmed", zones, zones, kind)]).toEqual([2, 2, 2, 2]);
    const raised = { ...zones, raised: decodeBytes(wire(0, 1, 4, 5)) };
    expect([...layerBands("unconfirmed", raised, zones, kind)]).toEqual([2, 3, 3, 4]);
  });
});
