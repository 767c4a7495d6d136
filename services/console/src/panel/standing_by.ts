/**
 * Appliances away from home: stay or return, and what going home would gain and lose. A return that is among the
 * recommended moves leads to it. Never decides.
 */
import type { HomeAdvice } from "../api/advice";
import { el, setText } from "../dom/element";
import type { Commands } from "../state/commands";
import type { ConsoleModel } from "../state/console_model";
import { words } from "../words/catalogue";
import { gainsInSeconds, lossList, stationName } from "./move_words";

const GROUNDS_SHOWN = 1;

export class StandingBy {
  private readonly count = el("span", { class: "hint" });
  private readonly list = el("ul", { class: "standing-by" });
  readonly root = el(
    "section",
    { class: "block", hidden: true, "aria-label": words.home.heading, "data-testid": "standing-by" },
    el(
      "details",
      {},
      el("summary", { class: "block-head" }, el("h2", {}, words.home.heading), this.count),
      this.list,
    ),
  );
  private signature = "";

  constructor(
    private readonly model: ConsoleModel,
    commands: Commands,
  ) {
    this.list.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-move-id]") : null;
      const id = link?.dataset["moveId"];
      if (id !== undefined) commands.showRecommended(id);
    });
    model.on(["plan"], () => this.render());
  }

  private render(): void {
    const plan = this.model.shelf.shown;
    const advice = plan?.home_advice ?? [];
    this.root.hidden = advice.length === 0;
    const ranks = (plan?.moves ?? []).map((m) => m.move_id);
    const signature = JSON.stringify([advice, ranks]);
    if (signature === this.signature) return;
    this.signature = signature;
    setText(this.count, words.home.count(advice.length, advice.filter((a) => a.action === "return").length));
    // Those that should go come first: they ask for something.
    const sorted = [...advice].sort((a, b) => Number(b.action === "return") - Number(a.action === "return"));
    this.list.replaceChildren(...sorted.map((a) => this.row(a)));
  }

  private row(advice: HomeAdvice): HTMLElement {
    const { stations, shelf } = this.model;
    const say = words.home;
    const move = shelf.shown?.moves.find((m) => m.appliance === advice.appliance && m.to_station === advice.home);
    const action = advice.action === "return" ? say.return(stationName(stations, advice.home)) : say.stay;
    const gains = advice.gains.length > 0 ? gainsInSeconds(stations, advice.gains, GROUNDS_SHOWN) : say.noGain;
    const loses = advice.loses.length > 0 ? lossList(stations, advice.loses, GROUNDS_SHOWN) : say.noLoss;
    return el(
      "li",
      { "data-testid": "home-advice", "data-appliance": advice.appliance, "data-action": advice.action },
      el(
        "p",
        { class: "home-what" },
        el("b", { class: "callsign" }, advice.appliance),
        say.at(stationName(stations, advice.station)),
        el("b", {}, action),
        move &&
          el(
            "button",
            { type: "button", class: "link", "data-move-id": move.move_id, title: say.inListHint },
            say.inList(move.rank),
          ),
      ),
      el(
        "p",
        { class: "home-why", title: `${say.ifHome} ${gains}, ${loses}` },
        el("span", { class: "hint" }, `${say.ifHome} `),
        el("span", { class: advice.gains.length > 0 ? "gains" : "loses none" }, `▲ ${gains}`),
        " ",
        el("span", { class: advice.loses.length > 0 ? "loses" : "loses none" }, `▼ ${loses}`),
      ),
    );
  }
}
