/** The legend: what colours, hatching and symbols mean in the layer on show. Never says anything by colour alone. */
import { el, svg } from "../dom/element";
import type { ConsoleModel } from "../state/console_model";
import { words } from "../words/catalogue";
import { targetMinutes } from "../words/format";
import { bandEdges, showsChange, type LayerName } from "../zones/bands";
import { paletteOf, type Palette } from "./palette";

export class Legend {
  readonly root = el("aside", { class: "legend", "aria-label": words.legend.label });

  private symbolsOpen = false;
  private shownHeading = "";

  constructor(private readonly model: ConsoleModel) {
    model.on(["layer", "theme"], () => this.render());
    // What it says of these hangs on whether they are shown, not on what they hold.
    model.on(["what_if", "plan"], () => {
      if (this.heading() !== this.shownHeading) this.render();
    });
    this.render();
  }

  private render(): void {
    const palette = paletteOf(this.model.dark);
    this.shownHeading = this.heading();
    const { layer } = this.model;
    const scale = showsChange(layer) ? this.changeScale(palette, layer) : this.timeScale(palette);
    const note =
      layer === "unconfirmed"
        ? words.clusters.legendNote
        : layer === "difference"
          ? words.legend.worse
          : words.legend.overTarget;
    this.root.replaceChildren(
      el("h3", {}, this.shownHeading),
      el("div", { class: "legend-scale" }, ...scale),
      el("div", { class: "legend-foot" }, el("p", { class: "legend-note" }, note), this.symbols(palette)),
    );
  }

  private heading(): string {
    const name = this.layerName();
    if (this.model.zonesPainted.supposed) return `${words.whatIf.mapLabel}: ${name}`;
    const ofPlan = this.model.layer === "after" || this.model.layer === "difference";
    return ofPlan && this.model.shelf.preview !== null ? `${name} (${words.preview.layerOfRecommended})` : name;
  }

  private layerName(): string {
    const { layer } = this.model;
    if (layer === "unconfirmed") return words.clusters.legend;
    if (layer === "second") return words.legend.second;
    if (layer === "after") return words.legend.after;
    return layer === "difference" ? words.legend.difference : words.legend.first;
  }

  private timeScale(palette: Palette): HTMLElement[] {
    const { kind, layer } = this.model;
    const edges = bandEdges(layer === "second" ? kind.second_target_s : kind.first_target_s);
    const labels = edges.map((edge) => words.legend.upTo(targetMinutes(edge)));
    labels.push(words.legend.over(targetMinutes(edges.at(-1) ?? 0)));
    return labels.map((label, band) => swatch(palette.bands[band] ?? palette.unknown, label, band >= 2));
  }

  private changeScale(palette: Palette, layer: LayerName): HTMLElement[] {
    if (layer === "unconfirmed") {
      return words.clusters.scale.map((label, i) => swatch(palette.changes[i + 2] ?? palette.unknown, label, i > 0));
    }
    return words.legend.change.map((label, band) => swatch(palette.changes[band] ?? palette.unknown, label, band >= 3));
  }

  private symbols(palette: Palette): HTMLElement {
    const say = { heading: words.legend.symbolsHeading, ...words.legend.symbols };
    const head = "M8 1.5 L13.5 14 L8 11 L2.5 14 Z";
    const rows: [string, SVGElement[]][] = [
      [
        say.station,
        [svg("rect", { x: 1, y: 1, width: 14, height: 14, fill: palette.station }), digit("2", palette.paper)],
      ],
      [
        say.empty,
        [svg("rect", { x: 2, y: 2, width: 12, height: 12, fill: "none", stroke: palette.station, "stroke-width": 2 })],
      ],
      [
        say.incident,
        [svg("path", { d: "M8 0 L16 8 L8 16 L0 8 Z", fill: palette.incident }), digit("3", palette.incidentText)],
      ],
      [say.responding, [svg("path", { d: head, fill: palette.responding })]],
      [say.returning, [svg("path", { d: head, fill: palette.halo, stroke: palette.quiet, "stroke-width": 1.4 })]],
      [say.relocating, [svg("path", { d: head, fill: palette.move })]],
      [words.clusters.symbolUnconfirmed, [ring(palette, { "stroke-width": 2, "stroke-dasharray": "3 2" })]],
      [words.clusters.symbolConfirmed, [ring(palette, { "stroke-width": 3.5 })]],
    ];
    const items = rows.map(([label, shapes]) =>
      el(
        "li",
        {},
        svg(
          "svg",
          { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
          ...shapes,
        ) as unknown as HTMLElement,
        label,
      ),
    );
    const details = el(
      "details",
      { open: this.symbolsOpen },
      el("summary", {}, say.heading),
      el("ul", { class: "legend-symbols" }, ...items),
    );
    details.addEventListener("toggle", () => (this.symbolsOpen = details.open));
    return details;
  }
}

function ring(palette: Palette, line: Record<string, string | number>): SVGElement {
  return svg("circle", { cx: 8, cy: 8, r: 6, fill: "none", stroke: palette.reports, ...line });
}

function digit(text: string, fill: string): SVGElement {
  return svg("text", { x: 8, y: 11.8, "text-anchor": "middle", "font-size": 11, "font-weight": 700, fill }, text);
}

function swatch(colour: string, label: string, hatched: boolean): HTMLElement {
  return el(
    "span",
    { class: "legend-step" },
    el("i", {
      class: hatched ? "swatch hatched" : "swatch",
      style: `background-color:${colour}`,
      "aria-hidden": "true",
    }),
    el("span", { class: "legend-label" }, label),
  );
}
