/** The menu of exports: files for crews and other systems, of all rounds or of the selected vehicle's. */
import type { ExportName, RoundsClient } from "../api/rounds_client";
import { el, keyCap } from "../dom/element";
import { words } from "../words/catalogue";
import type { RoundsModel } from "./rounds_model";

const FILES: readonly ExportName[] = ["rounds.gpx", "rounds.geojson", "rounds.csv", "sheet.pdf"];

export class ExportMenu {
  private readonly body = el("div", { class: "menu-body" });
  readonly root = el(
    "details",
    { class: "menu", "data-testid": "exports" },
    el("summary", { title: words.rounds.exports.heading }, keyCap("E"), el("span", { class: "menu-name" }, words.rounds.exports.heading)),
    this.body,
  );

  constructor(
    private readonly model: RoundsModel,
    private readonly client: RoundsClient,
  ) {
    model.on(["selection"], () => this.render());
    this.render();
  }

  toggle(): void {
    this.root.open = !this.root.open;
    if (this.root.open) this.body.querySelector("a")?.focus();
  }

  /** Returns whether it was open. */
  close(): boolean {
    const was = this.root.open;
    this.root.open = false;
    return was;
  }

  private render(): void {
    const { vehicle } = this.model;
    const groups = vehicle === null ? [null] : [vehicle, null];
    this.body.replaceChildren(...groups.map((of) => this.group(of)));
  }

  private group(vehicle: string | null): HTMLElement {
    const said = words.rounds.exports;
    const heading = vehicle === null ? said.all : said.ofVehicle(vehicle);
    const links = FILES.map((file) => {
      const kind = file.slice(file.lastIndexOf(".") + 1);
      const testId = vehicle === null ? `export-${kind}` : `export-${kind}-vehicle`;
      return el("a", { href: this.client.exportUrl(file, vehicle), download: true, "data-testid": testId }, said.names[file]);
    });
    return el("div", { class: "menu-group" }, el("h3", {}, heading), ...links);
  }
}
