/** The banner over the map: says when what is shown is old, or the service is not well. The last good plan stays. */
import { el, setAttribute, setText } from "../dom/element";
import type { ConsoleModel } from "../state/console_model";
import { isOutOfTouch, warningOf, type Warning } from "../state/health";
import { words } from "../words/catalogue";
import { ageWhole } from "../words/format";

const STEP_MS = 500;

export class Banner {
  readonly root = el("div", { class: "banner", role: "alert", hidden: true, "data-testid": "banner" });

  constructor(private readonly model: ConsoleModel) {
    window.setInterval(() => this.render(), STEP_MS);
    model.on(["health"], () => this.render());
  }

  private render(): void {
    const { health } = this.model;
    const warning = warningOf(health, Date.now());
    document.documentElement.toggleAttribute("data-out-of-touch", isOutOfTouch(health, Date.now()));
    this.root.hidden = warning === null;
    setAttribute(this.root, "data-kind", warning?.kind);
    document.documentElement.toggleAttribute("data-stale", warning?.kind === "silent_stream");
    if (warning) setText(this.root, sentence(warning));
  }
}

function sentence(warning: Warning): string {
  if (warning.kind === "silent_stream") return words.banner.silentStream(ageWhole(warning.ageS));
  if (warning.kind === "silent_input") return words.banner.silentInput(ageWhole(warning.ageS));
  const why = words.degraded[warning.reason] ?? warning.reason;
  if (warning.reason === "feed_unreachable") return words.banner.renewed(why);
  return words.banner.degraded(why, warning.ageS === null ? null : ageWhole(warning.ageS));
}
