/**
 * Clusters of reports as the console shows them: their order, what a plan counts for them, what may be said of them.
 * Pure. Never sends, never draws.
 */
import type { Cluster, ClusterAction, ClusterRaise, ClusterStatus, DemandRaised } from "../api/clusters";

const ORDER: Record<ClusterStatus, number> = { unconfirmed: 0, confirmed: 1, dismissed: 2 };

/** What asks for a word first, then what stands; within each the surest first. */
export function listed(clusters: readonly Cluster[]): Cluster[] {
  return [...clusters].sort(
    (a, b) =>
      ORDER[a.status] - ORDER[b.status] || b.confidence - a.confidence || (a.cluster < b.cluster ? -1 : 1),
  );
}

/** Those with a sign on the map: a dismissed one is in the list only, from where it can be taken back. */
export function onMap(clusters: readonly Cluster[]): Cluster[] {
  return clusters.filter((c) => c.status !== "dismissed");
}

/** The cluster after the selected one in the list; from the last, or from none, the first. */
export function nextOf(clusters: readonly Cluster[], selectedId: string | null): Cluster | null {
  const list = listed(clusters);
  const at = list.findIndex((c) => c.cluster === selectedId);
  return list[at + 1] ?? list[0] ?? null;
}

/** What may be said of a cluster now. */
export function possible(cluster: Pick<Cluster, "status" | "judged">): readonly ClusterAction[] {
  if (cluster.judged) return ["undo"];
  return cluster.status === "dismissed" ? ["confirm"] : ["confirm", "dismiss"];
}

/** What the plan on show adds for a cluster; null where it does not count it. */
export function raiseOf(raised: DemandRaised | null | undefined, cluster: string): ClusterRaise | null {
  return raised?.clusters.find((c) => c.cluster === cluster) ?? null;
}
