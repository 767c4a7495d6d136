/** The sheet of keys. Opens over the map, closes with ? or Esc. */
import { el, keyCap } from "../dom/element";
import { words } from "../words/catalogue";

export class HelpSheet {
  readonly root = el("div", {
    class: "help",
    role: "dialog",
    "aria-label": words.help.heading,
    hidden: true,
    "data-testid": "help",
  });
  private before: Element | null = null;

  constructor(sheet: { rows: [string, string][]; notes: string[] } = words.help) {
    const close = el("button", { type: "button", class: "action" }, keyCap("Esc"), words.help.close);
    close.addEventListener("click", () => this.close());
    const rows = sheet.rows.map(([key, meaning]) =>
      el("tr", {}, el("th", { scope: "row" }, key), el("td", {}, meaning)),
    );
    this.root.append(
      el("h2", {}, words.help.heading),
      el("table", {}, el("tbody", {}, ...rows)),
      ...sheet.notes.map((note) => el("p", {}, note)),
      close,
    );
  }

  toggle(): void {
    if (this.close()) return;
    this.before = document.activeElement;
    this.root.hidden = false;
    // From the top, although the button that gets the focus stands last.
    this.root.querySelector("button")?.focus({ preventScroll: true });
    this.root.scrollTop = 0;
  }

  /** Returns whether it was open. */
  close(): boolean {
    if (this.root.hidden) return false;
    this.root.hidden = true;
    if (this.before instanceof HTMLElement) this.before.focus();
    return true;
  }
}
