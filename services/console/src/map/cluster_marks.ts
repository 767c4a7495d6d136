/**
 * Signs of reports from the public, on every layer: a hollow, dashed ring while unconfirmed, a whole one once
 * confirmed, with the number of reports and the confidence in it. A press selects the report. Never decides.
 */
import { Marker, type Map as GlMap } from "maplibre-gl";
import type { Cluster } from "../api/clusters";
import { el, setAttribute, setText } from "../dom/element";
import type { ClusterDesk } from "../state/cluster_desk";
import { listed, onMap } from "../state/clusters";
import type { ConsoleModel } from "../state/console_model";
import { words } from "../words/catalogue";
import { whole } from "../words/format";

// More signs than this hide the map; the list has the rest.
const MOST_SHOWN = 40;

interface Sign {
  marker: Marker;
  root: HTMLButtonElement;
  reports: HTMLElement;
  confidence: HTMLElement;
}

export class ClusterMarks {
  private readonly signs = new Map<string, Sign>();

  constructor(
    private readonly map: GlMap,
    private readonly model: ConsoleModel,
    private readonly desk: ClusterDesk,
  ) {
    model.on(["clusters"], () => this.render());
    this.render();
  }

  private render(): void {
    const shown = onMap(listed(this.model.picture?.clusters ?? [])).slice(0, MOST_SHOWN);
    const ids = new Set(shown.map((c) => c.cluster));
    for (const [id, sign] of this.signs) {
      if (ids.has(id)) continue;
      sign.marker.remove();
      this.signs.delete(id);
    }
    for (const cluster of shown) this.show(cluster);
  }

  private show(cluster: Cluster): void {
    const sign = this.signs.get(cluster.cluster) ?? this.make(cluster);
    const percent = whole(cluster.confidence * 100);
    const label = words.clusters.mark(words.clusters.status[cluster.status], cluster.reports, percent);
    sign.marker.setLngLat([cluster.lon, cluster.lat]);
    setAttribute(sign.root, "data-status", cluster.status);
    setAttribute(sign.root, "aria-pressed", String(cluster.cluster === this.model.selectedClusterId));
    setAttribute(sign.root, "aria-label", label);
    setAttribute(sign.root, "title", label);
    setText(sign.reports, String(cluster.reports));
    setText(sign.confidence, `${percent} %`);
  }

  private make(cluster: Cluster): Sign {
    const reports = el("span", { class: "report-mark-count" });
    const confidence = el("span", { class: "report-mark-sure" });
    const root = el(
      "button",
      { type: "button", class: "report-mark", "data-testid": "cluster-mark", "data-cluster": cluster.cluster },
      reports,
      confidence,
    );
    root.addEventListener("click", (event) => {
      // The map below would take the press for its own.
      event.stopPropagation();
      this.desk.select(cluster.cluster);
    });
    const marker = new Marker({ element: root }).setLngLat([cluster.lon, cluster.lat]).addTo(this.map);
    const sign = { marker, root, reports, confidence };
    this.signs.set(cluster.cluster, sign);
    return sign;
  }
}
