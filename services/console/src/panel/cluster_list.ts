/**
 * Reports from the public, below the recommended moves: what is said, how sure it is, whether it is counted, and
 * what an officer can say of it. Hidden while there are none. Never decides.
 */
import type { Cluster, ClusterAction } from "../api/clusters";
import { el, keyCap, setText } from "../dom/element";
import type { ClusterDesk } from "../state/cluster_desk";
import { listed, possible, raiseOf } from "../state/clusters";
import type { ConsoleModel } from "../state/console_model";
import { words } from "../words/catalogue";
import { hourMinute, twoDecimals, whole } from "../words/format";

const KEYS: Record<ClusterAction, string> = { confirm: "C", dismiss: "D", undo: "X" };
const SIGNS = { unconfirmed: "◌", confirmed: "●", dismissed: "✕" } as const;

export class ClusterList {
  private readonly count = el("span", { class: "hint" });
  private readonly list = el("ul", { class: "reports" });
  readonly root = el(
    "section",
    { class: "block reports-block", hidden: true, "aria-label": words.clusters.heading, "data-testid": "clusters" },
    el("div", { class: "block-head" }, el("h2", {}, words.clusters.heading), this.count),
    this.list,
  );
  private signature = "";

  constructor(
    private readonly model: ConsoleModel,
    private readonly desk: ClusterDesk,
  ) {
    this.list.addEventListener("click", (event) => {
      const at = event.target instanceof Element ? event.target : null;
      const id = at?.closest<HTMLElement>("[data-cluster]")?.dataset["cluster"];
      if (id === undefined) return;
      const action = at?.closest<HTMLElement>("[data-action]")?.dataset["action"] as ClusterAction | undefined;
      if (action) void desk.act(id, action);
      else desk.select(id);
    });
    model.on(["clusters", "plan"], () => this.render());
  }

  private render(): void {
    const { picture, latestPlan, selectedClusterId } = this.model;
    const clusters = listed(picture?.clusters ?? []);
    this.root.hidden = clusters.length === 0;
    const pendings = clusters.map((c) => this.desk.pending(c.cluster));
    const signature = JSON.stringify([clusters, pendings, latestPlan?.demand_raised ?? null, selectedClusterId]);
    if (signature === this.signature) return;
    this.signature = signature;
    const waiting = clusters.filter((c) => c.status === "unconfirmed").length;
    setText(this.count, words.clusters.count(waiting, clusters.length));
    const focused = focusOf(this.list);
    this.list.replaceChildren(...clusters.map((c) => this.card(c)));
    // Rendered anew under a press of Tab or Enter, the button keeps the focus.
    if (focused) this.list.querySelector<HTMLElement>(focused)?.focus();
    if (selectedClusterId !== null) this.bringIntoView(selectedClusterId);
  }

  private bringIntoView(id: string): void {
    const card = this.list.querySelector(`[data-cluster="${CSS.escape(id)}"]`);
    card?.scrollIntoView({ block: "nearest" });
  }

  private card(cluster: Cluster): HTMLElement {
    const say = words.clusters;
    const pending = this.desk.pending(cluster.cluster);
    const raise = raiseOf(this.model.latestPlan?.demand_raised, cluster.cluster);
    const selected = cluster.cluster === this.model.selectedClusterId;
    const sending = pending !== undefined && pending.refused === null;
    const what = [
      say.reports(cluster.reports),
      say.reporters(cluster.reporters),
      say.confidence(whole(cluster.confidence * 100)),
    ];
    const where = [
      say.seen(hourMinute(cluster.first_at), hourMinute(cluster.last_at)),
      say.within(whole(cluster.radius_m)),
      raise ? say.counted(twoDecimals(raise.extra_per_h), raise.zones) : say.notCounted,
    ];
    return el(
      "li",
      {
        class: "report",
        "data-testid": "cluster-card",
        "data-cluster": cluster.cluster,
        "data-status": cluster.status,
        "data-counted": raise !== null,
        "aria-current": selected ? "true" : null,
      },
      el(
        "p",
        { class: "report-title" },
        el("span", { class: "report-sign", "aria-hidden": "true" }, SIGNS[cluster.status]),
        el("b", {}, say.category[cluster.category] ?? cluster.category),
        el("span", { class: "report-status" }, say.status[cluster.status]),
      ),
      el("p", { class: "report-line" }, what.join(" · ")),
      el("p", { class: "report-line hint" }, where.join(" · ")),
      el("div", { class: "move-actions" }, ...possible(cluster).map((a) => this.button(a, sending))),
      pending?.refused ? el("p", { class: "move-refused", role: "alert" }, pending.refused) : null,
    );
  }

  private button(action: ClusterAction, sending: boolean): HTMLElement {
    return el(
      "button",
      {
        type: "button",
        class: action === "confirm" ? "action primary" : "action",
        "data-action": action,
        "data-testid": `cluster-${action}`,
        disabled: sending,
      },
      keyCap(KEYS[action]),
      words.clusters[action],
    );
  }
}

/** A selector of the button that has the focus within the list, or null. */
function focusOf(list: HTMLElement): string | null {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || !list.contains(active)) return null;
  const id = active.closest<HTMLElement>("[data-cluster]")?.dataset["cluster"];
  const action = active.dataset["action"];
  if (id === undefined || action === undefined) return null;
  return `[data-cluster="${CSS.escape(id)}"] [data-action="${CSS.escape(action)}"]`;
}
