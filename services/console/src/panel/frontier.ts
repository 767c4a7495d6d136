/** The frontier: the best share within target for 0, 1, … K moves, doing nothing first. Never selects a plan. */
import type { FrontierPoint, Plan } from "../api/types";
import { el, svg } from "../dom/element";
import type { ConsoleModel } from "../state/console_model";
import { words } from "../words/catalogue";
import { percent, targetMinutes, whole } from "../words/format";

const WIDTH = 400;
const HEIGHT = 46;
const MARGIN = 8;

export class Frontier {
  private readonly body = el("div", { class: "frontier-body" });
  readonly root: HTMLElement;
  private signature = "";

  constructor(private readonly model: ConsoleModel) {
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
        el("span", { class: "hint" }, `${share} · ${objective}`),
      ),
      this.body,
    );
    model.on(["plan"], () => this.render());
  }

  private render(): void {
    const plan = this.model.shelf.shown;
    if (!plan) return;
    const signature = JSON.stringify(plan.frontier) + plan.moves.length;
    if (signature === this.signature) return;
    this.signature = signature;
    if (plan.frontier.length === 0) this.body.replaceChildren(el("p", { class: "empty" }, words.frontier.none));
    else this.body.replaceChildren(chart(plan), table(plan));
  }
}

function table(plan: Plan): HTMLElement {
  const cells = plan.frontier.map((point) =>
    el(
      "li",
      {
        class: point.moves === plan.moves.length ? "frontier-cell advised" : "frontier-cell",
        "data-moves": point.moves,
        "aria-label": words.frontier.row(point.moves, percent(point.first_share), whole(point.objective)),
      },
      el("b", {}, String(point.moves)),
      el("span", { class: "frontier-share" }, percent(point.first_share)),
      el("span", { class: "frontier-objective" }, whole(point.objective)),
    ),
  );
  return el("ol", { class: "frontier-cells", style: `grid-template-columns: repeat(${cells.length}, 1fr)` }, ...cells);
}

function chart(plan: Plan): HTMLElement {
  const shares = plan.frontier.map((p) => p.first_share);
  const low = Math.min(...shares);
  const range = Math.max(1e-6, Math.max(...shares) - low);
  const x = (i: number) => ((i + 0.5) / plan.frontier.length) * WIDTH;
  const y = (p: FrontierPoint) => HEIGHT - MARGIN - ((p.first_share - low) / range) * (HEIGHT - 2 * MARGIN);
  const line = plan.frontier.map((p, i) => `${x(i).toFixed(1)},${y(p).toFixed(1)}`).join(" ");
  const dots = plan.frontier.map((p, i) => {
    const advised = p.moves === plan.moves.length;
    return svg("circle", {
      cx: x(i).toFixed(1),
      cy: y(p).toFixed(1),
      r: advised ? 6 : 4,
      class: advised ? "dot advised" : "dot",
    });
  });
  return svg(
    "svg",
    { class: "frontier-chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
    svg("polyline", { points: line, class: "frontier-line", fill: "none" }),
    ...dots,
  ) as unknown as HTMLElement;
}
