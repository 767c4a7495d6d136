/** The sign at the top of the map where it shows something else than the live recommendation. Never decides what. */
import { el, setText } from "../dom/element";

export class MapSign {
  readonly root = el("p", { class: "map-sign", role: "status", hidden: true, "data-testid": "map-sign" });

  show(text: string): void {
    this.root.hidden = text === "";
    setText(this.root, text);
  }
}
