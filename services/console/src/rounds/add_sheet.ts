/** Adding a stop: press on the map where it is, or name its property. The service puts it where it costs least. */
import { el, keyCap } from "../dom/element";
import { words } from "../words/catalogue";
import type { RoundsCommands } from "./commands";
import type { RoundsModel } from "./rounds_model";

const UPRN = /^\d{1,12}$/;
/** What a vehicle can be sent for. */
const SERVICES = ["missed_collection", "overflowing_bin", "fly_tip", "bulky_item", "assisted_collection"] as const;

export class AddSheet {
  private readonly input: HTMLInputElement;
  private readonly service = el(
    "select",
    { "aria-label": words.rounds.add.service, "data-testid": "add-service" },
    ...SERVICES.map((service) => el("option", { value: service }, words.rounds.services[service])),
  );
  readonly root: HTMLElement;

  constructor(
    private readonly model: RoundsModel,
    private readonly commands: RoundsCommands,
  ) {
    const said = words.rounds.add;
    this.input = el("input", {
      type: "text",
      inputmode: "numeric",
      placeholder: said.field,
      "aria-label": said.field,
      "data-testid": "add-uprn",
    });
    const form = el("form", {}, this.service, this.input, el("button", { type: "submit", class: "action primary" }, keyCap("Enter"), said.commit));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.commit();
    });
    const close = el("button", { type: "button", class: "action" }, keyCap("Esc"), words.rounds.actions.close);
    close.addEventListener("click", () => this.close());
    this.root = el(
      "section",
      { class: "sheet add-sheet", role: "dialog", "aria-label": said.heading, hidden: true, "data-testid": "add-sheet" },
      el("h2", {}, said.heading),
      form,
      close,
      el("p", { class: "hint" }, `${said.hint} ${words.rounds.map.placeHint}`),
    );
    model.on(["selection"], () => (this.root.hidden = !model.adding));
  }

  open(): void {
    this.root.hidden = false;
    this.model.setAdding(true);
    this.input.value = "";
    this.input.focus();
  }

  /** Returns whether it was open. */
  close(): boolean {
    const was = this.model.adding;
    if (was) this.model.setAdding(false);
    this.input.blur();
    return was;
  }

  at(lon: number, lat: number): void {
    this.close();
    void this.commands.edit({ kind: "add", service: this.service.value, lon, lat });
  }

  private commit(): void {
    const uprn = this.input.value.trim();
    if (!UPRN.test(uprn)) return this.model.notify(words.rounds.add.badUprn);
    this.close();
    void this.commands.edit({ kind: "add", service: this.service.value, uprn });
  }
}
