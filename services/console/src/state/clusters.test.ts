/** What asks for a word comes first; what was said can only be taken back. */
import { describe, expect, it } from "vitest";
import type { Cluster, ClusterStatus } from "../api/clusters";
import { listed, nextOf, onMap, possible, raiseOf } from "./clusters";

function cluster(name: string, status: ClusterStatus, confidence: number): Cluster {
  return {
    cluster: name,
    category: "smoke_or_fire",
    lon: 0,
    lat: 51,
    radius_m: 120,
    confidence,
    reports: 2,
    reporters: 2,
    status,
    first_at: "2026-01-01T12:00:00Z",
    last_at: "2026-01-01T12:05:00Z",
    judged: status !== "unconfirmed",
  };
}

const ALL = [
  cluster("gone", "dismissed", 0),
  cluster("sure", "confirmed", 1),
  cluster("weak", "unconfirmed", 0.2),
  cluster("strong", "unconfirmed", 0.7),
];

describe("the list of reports", () => {
  it("begins with the surest that nobody has judged, and ends with the dismissed", () => {
    expect(listed(ALL).map((c) => c.cluster)).toEqual(["strong", "weak", "sure", "gone"]);
    expect(ALL[0]?.cluster).toBe("gone");
  });

  it("goes through all of them and begins anew", () => {
    const seen: (string | undefined)[] = [];
    let at: string | null = null;
    for (let i = 0; i < 5; i += 1) {
      at = nextOf(ALL, at)?.cluster ?? null;
      seen.push(at ?? undefined);
    }
    expect(seen).toEqual(["strong", "weak", "sure", "gone", "strong"]);
    expect(nextOf([], "strong")).toBeNull();
    expect(nextOf(ALL, "no longer there")?.cluster).toBe("strong");
  });

  it("puts no sign of a dismissed report on the map", () => {
    expect(onMap(ALL).map((c) => c.cluster)).toEqual(["sure", "weak", "strong"]);
  });

  it("offers confirm and dismiss until one is said, then only to take it back", () => {
    expect(possible({ status: "unconfirmed", judged: false })).toEqual(["confirm", "dismiss"]);
    for (const status of ["confirmed", "dismissed"] as const) expect(possible({ status, judged: true })).toEqual(["undo"]);
  });

  it("lets one be confirmed that nobody dismissed but the one beside it", () => {
    expect(possible({ status: "dismissed", judged: false })).toEqual(["confirm"]);
  });

  it("knows what the plan counts for a report, and that older plans count none", () => {
    const raised = { extra_per_h: 0.7, zones: 4, share: 0.1, clusters: [{ cluster: "strong", extra_per_h: 0.7, zones: 4 }] };
    expect(raiseOf(raised, "strong")?.zones).toBe(4);
    expect([raiseOf(raised, "weak"), raiseOf(null, "strong"), raiseOf(undefined, "strong")]).toEqual([null, null, null]);
  });
});
