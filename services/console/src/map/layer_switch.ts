/** The bar under the map that chooses what the zones show. Never paints. */
import { el, keyCap, setAttribute } from "../dom/element";
import type { ConsoleModel } from "../state/console_model";
import { words } from "../words/catalogue";
import { LAYERS, type LayerName } from "../zones/bands";

export class LayerSwitch {
  readonly root = el("div", {
    class: "layers",
    role: "radiogroup",
    "aria-label": words.layers.label,
    "data-testid": "layer-switch",
  });
  private readonly buttons = new Map<LayerName, HTMLButtonElement>();

  constructor(private readonly model: ConsoleModel) {
    for (const layer of LAYERS) {
      const button = el("button", { type: "button", role: "radio", "data-layer": layer }, words.layers[layer]);
      button.addEventListener("click", () => model.setLayer(layer));
      this.buttons.set(layer, button);
      this.root.append(button);
    }
    this.root.append(keyCap("L"));
    model.on(["layer"], () => this.render());
    this.render();
  }

  private render(): void {
    setAttribute(this.root, "data-layer", this.model.layer);
    for (const [layer, button] of this.buttons)
      setAttribute(button, "aria-checked", String(layer === this.model.layer));
  }
}
