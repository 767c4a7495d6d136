/** A report is judged only once it has been selected, once at a time, and never without touch with the service. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem } from "../api/client";
import type { Cluster, ClusterStatus } from "../api/clusters";
import type { PictureDelta, Region, Snapshot } from "../api/types";
import { words } from "../words/catalogue";
import { ClusterDesk } from "./cluster_desk";
import { ConsoleModel } from "./console_model";

const at = "2026-01-01T12:00:00Z";

function cluster(name: string, status: ClusterStatus = "unconfirmed", confidence = 0.5): Cluster {
  const place = { category: "smoke_or_fire", lon: 0, lat: 51, radius_m: 100 };
  return { cluster: name, ...place, confidence, reports: 1, reporters: 1, status, first_at: at, last_at: at, judged: status !== "unconfirmed" };
}

function makeDesk(clusters: Cluster[], may = true) {
  const model = new ConsoleModel({ area: "x", kinds: [{ id: "pump" }], stations: [] } as unknown as Region);
  model.takeSnapshot({
    picture: { offset: 1, as_of: at, appliances: [], incidents: [], decisions: [], clusters },
    plan: null,
    zones: null,
    history: [],
  } as unknown as Snapshot);
  const decideCluster = vi.fn(async () => undefined as void);
  const maySend = vi.fn(() => may);
  return { model, decideCluster, maySend, desk: new ClusterDesk(model, { decideCluster }, { maySend }) };
}

beforeEach(() => {
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("localStorage", { getItem: () => "Ada" });
  vi.useFakeTimers({ now: Date.parse(at) });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a word on a report", () => {
  it("by key selects first, and is sent with the second press under the officer's name", () => {
    const { model, desk, decideCluster } = makeDesk([cluster("weak", "unconfirmed", 0.2), cluster("strong")]);
    desk.actOnSelected("dismiss");
    expect(decideCluster).not.toHaveBeenCalled();
    expect([model.selectedClusterId, model.notice]).toEqual(["strong", words.clusters.lookFirst]);
    desk.actOnSelected("dismiss");
    expect(decideCluster).toHaveBeenCalledWith("x", "strong", "dismiss", "Ada");
  });

  it("is sent once, and can be sent again when it was refused, whose reason is shown for a while", async () => {
    const { desk, decideCluster } = makeDesk([cluster("a")]);
    decideCluster.mockRejectedValueOnce(new ApiProblem(409, "it is confirmed already"));
    const first = desk.act("a", "confirm");
    expect(await desk.act("a", "confirm")).toBe(false);
    expect(decideCluster).toHaveBeenCalledOnce();
    expect(await first).toBe(false);
    expect(desk.pending("a")?.refused).toBe(words.phases.refused("it is confirmed already"));
    expect(await desk.act("a", "confirm")).toBe(true);
    expect(desk.pending("a")).toBeUndefined();
  });

  it("says that nothing is certain where the service cannot be reached", async () => {
    const { desk, decideCluster } = makeDesk([cluster("a")]);
    decideCluster.mockRejectedValueOnce(new TypeError("failed to fetch"));
    await desk.act("a", "dismiss");
    expect(desk.pending("a")?.refused).toBe(words.clusters.unreachable.dismiss);
    vi.advanceTimersByTime(30_000);
    expect(desk.pending("a")).toBeUndefined();
  });

  it("is not sent where it makes no sense: no such report, judged already, nothing to take back", async () => {
    const { model, desk, decideCluster } = makeDesk([cluster("a", "confirmed"), cluster("b")]);
    const said: (string | null)[] = [];
    for (const [id, action] of [["gone", "confirm"], ["a", "dismiss"], ["b", "undo"]] as const) {
      expect(await desk.act(id, action)).toBe(false);
      said.push(model.notice);
    }
    const { gone, already, status, nothingToUndo } = words.clusters;
    expect(said).toEqual([gone, already(status.confirmed), nothingToUndo]);
    expect(decideCluster).not.toHaveBeenCalled();
    expect(await desk.act("a", "undo")).toBe(true);
  });

  it("is not sent where the service is not heard", async () => {
    const { desk, maySend, decideCluster } = makeDesk([cluster("a")], false);
    expect(await desk.act("a", "confirm", true)).toBe(false);
    expect(maySend).toHaveBeenCalledWith(true);
    expect(decideCluster).not.toHaveBeenCalled();
  });

  it("says so where there is no report at all", () => {
    const { model, desk } = makeDesk([]);
    desk.next();
    expect(model.notice).toBe(words.clusters.none);
    model.notice = null;
    desk.actOnSelected("confirm");
    expect(model.notice).toBe(words.clusters.none);
  });
});

describe("reports in the picture", () => {
  it("stay as they are unless a delta names them anew", () => {
    const { model } = makeDesk([cluster("a")]);
    const delta = { offset: 2, as_of: at, appliances: [], incidents: [], removed_incidents: [], decisions: [] };
    model.takeDelta({ ...delta, clusters: null } as unknown as PictureDelta);
    expect(model.picture?.clusters.map((c) => c.cluster)).toEqual(["a"]);
    model.takeDelta({ ...delta, offset: 3, clusters: [] } as unknown as PictureDelta);
    expect(model.picture?.clusters).toEqual([]);
    model.takeDelta({ ...delta, offset: 2, clusters: [cluster("old")] } as unknown as PictureDelta);
    expect(model.picture?.clusters).toEqual([]);
  });
});
