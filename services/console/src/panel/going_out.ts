/**
 * Open incidents that still lack appliances, over the map: nearest first next to what costs cover least.
 * Information only: mobilising is done in the mobilising system. Never sends anything.
 */
import type { MobilisingAdvice } from "../api/advice";
import { el, setText } from "../dom/element";
import type { ConsoleModel } from "../state/console_model";
import { words } from "../words/catalogue";
import { hourMinute } from "../words/format";
import { mobilisingChoices, needsOf, needWords } from "./mobilising_choices";

// An incident whose appliances are sent within this time needs no advice: the panel does not flash up for it.
const SHOWN_AFTER_MS = 700;

export class GoingOut {
  private readonly list = el("div", { class: "going-out-list" });
  private readonly count = el("span", { class: "hint" });
  readonly root = el(
    "section",
    { class: "going-out", hidden: true, "aria-label": words.goingOut.heading, "data-testid": "going-out" },
    el(
      "details",
      { open: true },
      el("summary", { class: "block-head" }, el("h2", {}, words.goingOut.heading), this.count),
      this.list,
      el("p", { class: "hint" }, words.goingOut.information),
    ),
  );
  private signature = "";
  private readonly sinceMs = new Map<string, number>();

  constructor(private readonly model: ConsoleModel) {
    model.on(["plan", "picture"], () => this.render());
  }

  private render(): void {
    const { latestPlan, picture } = this.model;
    const lacking = (latestPlan?.mobilising ?? []).filter((a) => picture?.incidents.has(a.incident));
    const open = this.lasting(lacking, Date.now());
    this.root.hidden = open.length === 0;
    const signature = JSON.stringify(open);
    if (signature === this.signature) return;
    this.signature = signature;
    setText(this.count, words.goingOut.count(open.length));
    this.list.replaceChildren(...open.map((a) => this.card(a)));
  }

  /** Those that have lacked appliances for a moment; the others are looked at again when it has passed. */
  private lasting(lacking: readonly MobilisingAdvice[], nowMs: number): MobilisingAdvice[] {
    const ids = new Set(lacking.map((a) => a.incident));
    for (const id of this.sinceMs.keys()) if (!ids.has(id)) this.sinceMs.delete(id);
    for (const id of ids) {
      if (this.sinceMs.has(id)) continue;
      this.sinceMs.set(id, nowMs);
      window.setTimeout(() => this.render(), SHOWN_AFTER_MS);
    }
    return lacking.filter((a) => nowMs - (this.sinceMs.get(a.incident) ?? nowMs) >= SHOWN_AFTER_MS);
  }

  private card(advice: MobilisingAdvice): HTMLElement {
    const { region, stations, picture } = this.model;
    const incident = picture?.incidents.get(advice.incident);
    const title = incident
      ? `${words.categories[incident.category] ?? incident.category} ${hourMinute(incident.opened_at)}`
      : advice.incident;
    return el(
      "article",
      { class: "going-out-card", "data-testid": "mobilising", "data-incident": advice.incident },
      el(
        "h3",
        {},
        el("span", { class: "diamond", "aria-hidden": "true" }, "◆"),
        `${title}: `,
        el("b", {}, words.goingOut.needs(needWords(needsOf(advice), region.kinds, words.goingOut.more))),
      ),
      mobilisingChoices({ advice, kinds: region.kinds, stations }),
    );
  }
}
