/**
 * The frontier: the best share within target for 0, 1, … K moves, doing nothing first, each with its proof.
 * Choosing one previews its moves. Cells are kept in place, so that a click is never lost. Never decides.
 */
import type { FrontierPoint, Plan } from "../api/types";
import { el, keyCap, setAttribute, setText, svg } from "../dom/element";
import type { Commands } from "../state/commands";
import type { ConsoleModel } from "../state/console_model";
import { namedMoves } from "../state/preview";
import { words } from "../words/catalogue";
import { proofOf } from "../words/certificate";
import { percent, targetMinutes, whole } from "../words/format";
import { Alternatives } from "./alternatives";

const WIDTH = 400;
const HEIGHT = 46;
const MARGIN = 8;

interface Cell {
  node: HTMLButtonElement;
  moves: HTMLElement;
  proof: HTMLElement;
  share: HTMLElement;
  objective: HTMLElement;
}

export class Frontier {
  private readonly none = el("p", { class: "empty" }, words.frontier.none);
  private readonly chartHost = el("div", { class: "frontier-chart-host" });
  private readonly group = el("div", {
    class: "frontier-cells",
    role: "radiogroup",
    "aria-label": words.frontier.choose,
  });
  readonly root: HTMLElement;
  private cells: Cell[] = [];
  /** Where the keyboard was before it came here. */
  private before: Element | null = null;
  private signature = "";

  constructor(
    private readonly model: ConsoleModel,
    private readonly commands: Commands,
  ) {
    const { kind, region } = model;
    const target = targetMinutes(kind.first_target_s);
    const several = region.kinds.length > 1;
    // The shares are the first kind's; the objective is that of all kinds.
    const share = several ? words.frontier.shareOfKind(kind.name, target) : words.frontier.share(target);
    const objective = several ? words.frontier.objectiveOfAll : words.frontier.objective;
    this.root = el(
      "section",
      { class: "block", "aria-label": words.frontier.heading, "data-testid": "frontier" },
      el(
        "div",
        { class: "block-head" },
        el("h2", {}, words.frontier.heading),
        keyCap("F"),
      ),
      el("p", { class: "hint frontier-hint", title: words.frontier.objectiveHint }, `${share} · ${objective} · ${words.proof.key}`),
      this.none,
      this.chartHost,
      this.group,
      new Alternatives(model, commands).root,
    );
    this.listen();
    model.on(["plan"], () => this.render());
  }

  /** Puts the keyboard on the choice that is shown. */
  focus(): void {
    const { activeElement } = document;
    if (!this.group.contains(activeElement)) this.before = activeElement;
    this.cells.find((c) => c.node.tabIndex === 0)?.node.focus();
  }

  /** Gives the keyboard back to where it was. Returns whether it was here. */
  leave(): boolean {
    const { activeElement } = document;
    if (!(activeElement instanceof HTMLElement) || !this.group.contains(activeElement)) return false;
    const { before } = this;
    this.before = null;
    activeElement.blur();
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    return true;
  }

  private listen(): void {
    this.root.addEventListener("pointerenter", () => (this.model.pointerOverList = true));
    this.root.addEventListener("pointerleave", () => (this.model.pointerOverList = false));
    this.group.addEventListener("click", (event) => {
      const cell = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-moves]") : null;
      if (cell) this.commands.previewMoves(Number(cell.dataset["moves"]));
    });
    this.group.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      this.commands.stepFrontier(step);
      // The focus follows the choice, as in every group of radio buttons.
      this.render();
      this.focus();
    });
  }

  private render(): void {
    const plan = this.model.shelf.shown;
    if (!plan) return;
    const { preview } = this.model.shelf;
    const signature = JSON.stringify([plan.frontier, plan.moves.map((m) => m.move_id), preview]);
    if (signature === this.signature) return;
    this.signature = signature;
    const chosen = preview === null ? plan.moves.length : preview.kind === "moves" ? preview.moves : null;
    this.none.hidden = plan.frontier.length > 0;
    this.chartHost.replaceChildren(...(plan.frontier.length > 0 ? [chart(plan, chosen)] : []));
    this.keepCells(plan.frontier.length);
    plan.frontier.forEach((point, i) => {
      const cell = this.cells[i];
      if (cell) show(cell, plan, point, chosen);
    });
    const focusable = this.cells.some((c) => c.node.getAttribute("aria-checked") === "true");
    this.cells.forEach((c, i) => {
      const chosenCell = c.node.getAttribute("aria-checked") === "true";
      c.node.tabIndex = chosenCell || (!focusable && i === 0) ? 0 : -1;
    });
  }

  private keepCells(count: number): void {
    if (this.cells.length === count) return;
    this.cells = Array.from({ length: count }, (_, i) => this.cells[i] ?? makeCell());
    this.group.style.gridTemplateColumns = `repeat(${count}, 1fr)`;
    this.group.replaceChildren(...this.cells.map((c) => c.node));
  }
}

function makeCell(): Cell {
  const moves = el("b");
  const proof = el("span", { class: "frontier-proof", "aria-hidden": "true" });
  const share = el("span", { class: "frontier-share" });
  const objective = el("span", { class: "frontier-objective" });
  const head = el("span", { class: "frontier-head" }, moves, proof);
  const node = el("button", { type: "button", class: "frontier-cell", role: "radio" }, head, share, objective);
  return { node, moves, proof, share, objective };
}

function show(cell: Cell, plan: Plan, point: FrontierPoint, chosen: number | null): void {
  const advised = point.moves === plan.moves.length;
  const proof = proofOf(point.gap);
  const row = words.frontier.row(point.moves, percent(point.first_share), whole(point.objective), proof.text);
  const label = advised ? `${row}; ${words.frontier.isAdvised}` : row;
  setText(cell.moves, String(point.moves));
  setText(cell.proof, proof.mark);
  setText(cell.share, percent(point.first_share));
  setText(cell.objective, whole(point.objective));
  cell.node.disabled = namedMoves(plan, point) === null;
  cell.node.classList.toggle("advised", advised);
  setAttribute(cell.node, "data-moves", point.moves);
  setAttribute(cell.node, "data-testid", "frontier-choice");
  setAttribute(cell.node, "aria-checked", String(point.moves === chosen));
  setAttribute(cell.node, "data-previewed", point.moves === chosen && !advised);
  setAttribute(cell.node, "aria-label", label);
  setAttribute(cell.node, "title", proof.text);
}

function chart(plan: Plan, chosen: number | null): HTMLElement {
  const shares = plan.frontier.map((p) => p.first_share);
  const low = Math.min(...shares);
  const range = Math.max(1e-6, Math.max(...shares) - low);
  const x = (i: number) => ((i + 0.5) / plan.frontier.length) * WIDTH;
  const y = (p: FrontierPoint) => HEIGHT - MARGIN - ((p.first_share - low) / range) * (HEIGHT - 2 * MARGIN);
  const line = plan.frontier.map((p, i) => `${x(i).toFixed(1)},${y(p).toFixed(1)}`).join(" ");
  const dots = plan.frontier.map((p, i) => {
    const advised = p.moves === plan.moves.length;
    const previewed = !advised && p.moves === chosen;
    return svg("circle", {
      cx: x(i).toFixed(1),
      cy: y(p).toFixed(1),
      r: advised || previewed ? 6 : 4,
      class: advised ? "dot advised" : previewed ? "dot previewed" : "dot",
    });
  });
  return svg(
    "svg",
    { class: "frontier-chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
    svg("polyline", { points: line, class: "frontier-line", fill: "none" }),
    ...dots,
  ) as unknown as HTMLElement;
}
