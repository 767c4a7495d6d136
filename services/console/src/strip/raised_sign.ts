/** The strip's word that demand is raised because of reports from the public; hidden while it is as usual. */
import { el, setAttribute, setText } from "../dom/element";
import type { ConsoleModel } from "../state/console_model";
import { words } from "../words/catalogue";
import { percent, twoDecimals } from "../words/format";

export class RaisedSign {
  private readonly calls = el("span");
  private readonly where = el("span", { class: "hint" });
  private readonly text = el("p", { class: "demand-raised", "data-testid": "demand-raised" }, this.calls, this.where);
  readonly root = el("div", { class: "raised-box", hidden: true, role: "status" }, this.text);

  constructor(private readonly model: ConsoleModel) {
    model.on(["plan"], () => this.render());
  }

  private render(): void {
    const raised = this.model.latestPlan?.demand_raised ?? null;
    this.root.hidden = raised === null;
    if (raised === null) return;
    setText(this.calls, words.clusters.raised(twoDecimals(raised.extra_per_h)));
    setText(this.where, words.clusters.raisedWhere(raised.zones));
    setAttribute(this.text, "title", words.clusters.raisedHint(percent(raised.share)));
    setAttribute(this.text, "data-zones", raised.zones);
    setAttribute(this.text, "data-extra", raised.extra_per_h);
  }
}
