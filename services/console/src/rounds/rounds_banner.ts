/** The banner of the Rounds view: says when what is shown is old, or the service is not well. */
import { el, setAttribute, setText } from "../dom/element";
import { isOutOfTouch, warningOf, type Warning } from "../state/health";
import { words } from "../words/catalogue";
import { ageWhole } from "../words/format";
import type { RoundsModel } from "./rounds_model";

const STEP_MS = 500;

export class RoundsBanner {
  readonly root = el("div", { class: "banner", role: "alert", hidden: true, "data-testid": "banner" });

  constructor(private readonly model: RoundsModel) {
    window.setInterval(() => this.render(), STEP_MS);
    model.on(["health"], () => this.render());
  }

  private render(): void {
    const now = Date.now();
    const warning = warningOf(this.model.health, now);
    document.documentElement.toggleAttribute("data-out-of-touch", isOutOfTouch(this.model.health, now));
    document.documentElement.toggleAttribute("data-stale", warning?.kind === "silent_stream");
    this.root.hidden = warning === null;
    setAttribute(this.root, "data-kind", warning?.kind);
    if (warning) setText(this.root, sentence(warning));
  }
}

function sentence(warning: Warning): string {
  const said = words.rounds.banner;
  if (warning.kind === "silent_stream") return said.silentStream(ageWhole(warning.ageS));
  if (warning.kind === "silent_input") return said.silentInput(ageWhole(warning.ageS));
  return said.degraded(said.why[warning.reason] ?? words.degraded[warning.reason] ?? warning.reason);
}
