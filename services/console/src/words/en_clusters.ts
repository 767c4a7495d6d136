/** The words about unconfirmed reports, in English. Part of the catalogue in `en.ts`; no logic lives here. */
import type { ClusterAction, ClusterStatus } from "../api/clusters";
import { plural } from "./plurals";

export const enClusters = {
  clusters: {
    heading: "Reports from the public",
    category: { smoke_or_fire: "Smoke or fire" } as Record<string, string>,
    status: {
      unconfirmed: "unconfirmed",
      confirmed: "confirmed",
      dismissed: "dismissed",
    } satisfies Record<ClusterStatus, string>,
    count: (waiting: number, all: number) =>
      waiting === 0 ? `${all}, none unconfirmed` : `${waiting} unconfirmed of ${all}`,
    confidence: (percent: string) => `confidence ${percent} %`,
    reports: (n: number) => plural(n, "report", "reports"),
    reporters: (n: number) => plural(n, "source", "sources"),
    seen: (first: string, last: string) => (first === last ? `seen ${first}` : `seen ${first} to ${last}`),
    within: (metres: string) => `within ${metres} m`,
    near: (station: string) => `ground of ${station}`,
    counted: (calls: string, zones: number) => `counted: + ${calls} calls/h in ${plural(zones, "zone", "zones")}`,
    notCounted: "not counted in the plan",
    mark: (status: string, reports: number, percent: string) =>
      `Smoke or fire, ${status}: ${plural(reports, "report", "reports")}, confidence ${percent} percent`,
    confirm: "Confirm",
    dismiss: "Dismiss",
    undo: "Take back",
    sending: "sending…",
    next: "next report",
    none: "No report from the public now.",
    lookFirst: "The report is now selected. Look, then press again.",
    gone: "This report is no longer there.",
    already: (status: string) => `The report is ${status} already; take that back first.`,
    nothingToUndo: "Nothing has been said of this report: there is nothing to take back.",
    unreachable: {
      confirm: "The service cannot be reached. NOT confirmed: once connected, look, and press again if need be.",
      dismiss: "The service cannot be reached. NOT dismissed: once connected, look, and press again if need be.",
      undo: "The service cannot be reached. NOT taken back: once connected, look, and press again if need be.",
    } satisfies Record<ClusterAction, string>,
    announce: (n: number) =>
      `${plural(n, "new unconfirmed report", "new unconfirmed reports")} of smoke or fire from the public.`,
    raised: (calls: string) => `Demand + ${calls} calls/h`,
    raisedWhere: (zones: number) => `reports: ${plural(zones, "zone", "zones")}`,
    raisedHint: (share: string) =>
      `Raised by reports of smoke or fire from the public: ${share} % of all calls the plan counts with. ` +
      "Dismissing a report takes its part away.",
    legend: "Calls/h counted, by reports of smoke or fire",
    legendNote: "hatched: raised",
    scale: ["as usual", "raised", "by ≥ 0.05"],
    symbolUnconfirmed: "reports, unconfirmed",
    symbolConfirmed: "reports, confirmed",
  },
};
