/** Reports that lie close together: how sure they are, and a person's word on them. */
import type { Cluster } from "../api/rounds_types";
import { el, keyCap, setText } from "../dom/element";
import { words } from "../words/catalogue";
import { hourMinute, whole } from "../words/format";
import type { RoundsCommands } from "./commands";
import type { RoundsModel } from "./rounds_model";

const STREETS_KEPT = 500;

export class ClusterList {
  private readonly list = el("ol", { class: "clusters", "data-testid": "clusters" });
  private readonly none = el("span", { class: "empty" }, words.rounds.clusters.none);
  readonly root = el(
    "section",
    { class: "block clusters-block", "aria-label": words.rounds.clusters.heading },
    el("div", { class: "block-head" }, el("h2", {}, words.rounds.clusters.heading), this.none, keyCap("C")),
    this.list,
  );
  private readonly streets = new Map<string, string>();
  private said = "";

  constructor(
    private readonly model: RoundsModel,
    private readonly commands: RoundsCommands,
  ) {
    model.on(["day", "selection", "desk"], () => this.render());
  }

  private render(): void {
    const clusters = this.model.openClusters;
    setText(this.none, clusters.length === 0 ? words.rounds.clusters.none : "");
    const sent = clusters.map((c) => this.commands.sentFor(`cluster:${c.cluster}`));
    const said = JSON.stringify([clusters, sent, this.model.cluster]);
    if (said === this.said) return;
    this.said = said;
    this.list.replaceChildren(...clusters.map((cluster) => this.row(cluster)));
  }

  private row(cluster: Cluster): HTMLElement {
    const sayings = words.rounds.clusters;
    const selected = cluster.cluster === this.model.cluster;
    const row = el(
      "li",
      {
        class: "cluster",
        "data-testid": "cluster",
        "data-cluster": cluster.cluster,
        "data-status": cluster.status,
        "aria-current": selected ? "true" : null,
      },
      el(
        "span",
        { class: "cluster-what" },
        el("b", {}, words.rounds.services[cluster.category] ?? cluster.category),
        ` · ${this.streetOf(cluster)}`,
      ),
      el(
        "span",
        { class: "hint", title: `${hourMinute(cluster.last_at)} · ${sayings.surety}` },
        [
          sayings.sure(sayings.status[cluster.status], whole(cluster.confidence * 100)),
          sayings.reports(cluster.reports, cluster.reporters),
        ].join(" · "),
      ),
      el("span", { class: "cluster-actions" }, ...this.buttons(cluster, selected)),
    );
    row.addEventListener("click", () => this.model.selectCluster(cluster.cluster));
    return row;
  }

  /** Looked up once for each place, for it goes through all stops. */
  private streetOf(cluster: Cluster): string {
    const place = `${cluster.lon} ${cluster.lat}`;
    const street = this.streets.get(place) ?? this.model.index.streetAt(cluster.lon, cluster.lat);
    if (this.streets.size > STREETS_KEPT) this.streets.clear();
    this.streets.set(place, street);
    return street;
  }

  private buttons(cluster: Cluster, selected: boolean): HTMLElement[] {
    const sayings = words.rounds.clusters;
    const disabled = this.commands.sentFor(`cluster:${cluster.cluster}`)?.stage === "sending";
    const button = (action: "confirm" | "dismiss" | "undo", key: string | null) => {
      const node = el(
        "button",
        { type: "button", class: "action small", disabled, "data-testid": `cluster-${action}` },
        selected && key ? keyCap(key) : null,
        sayings[action],
      );
      node.addEventListener("click", (event) => {
        event.stopPropagation();
        this.commands.decideCluster(cluster.cluster, action);
      });
      return node;
    };
    return cluster.status === "unconfirmed" ? [button("confirm", "Y"), button("dismiss", "X")] : [button("undo", null)];
  }
}
