/**
 * Which view is shown: cover of a brigade, the rounds of a council on the same ground, or the Engine room. The first
 * two are areas of their own, so the switch is a row of links; the key V opens the other one of them.
 */
import type { AreaName } from "../api/types";
import { el, keyCap } from "../dom/element";
import { words } from "../words/catalogue";

export class ViewSwitch {
  readonly root: HTMLElement;

  /** `engine`: the Engine room is what is shown; `here` is the area that was looked at before. */
  constructor(areas: readonly AreaName[], here: AreaName, engine = false) {
    const other = otherView(areas, here);
    const council = here.kind === "council";
    this.root = el(
      "nav",
      { class: "view-switch", "aria-label": words.views.label, title: other === null ? null : words.views.hint },
      link(words.views.cover, council ? other : here, !council && !engine, "view-cover"),
      link(words.views.rounds, council ? here : other, council && !engine, "view-rounds"),
      engineLink(here, engine),
      other === null ? null : keyCap("V"),
    );
    if (other !== null) listenForKey(other);
  }
}

/** The area of the other kind: the one that shares the ground, else the first. */
export function otherView(areas: readonly AreaName[], here: AreaName): AreaName | null {
  if (here.kind === "council") {
    const brigades = areas.filter((a) => a.kind !== "council");
    return brigades.find((a) => a.area === here.brigade) ?? brigades[0] ?? null;
  }
  const councils = areas.filter((a) => a.kind === "council");
  return councils.find((a) => a.brigade === here.area) ?? councils[0] ?? null;
}

function address(area: AreaName): string {
  return `?area=${encodeURIComponent(area.area)}`;
}

function link(name: string, area: AreaName | null, here: boolean, testId: string): HTMLElement {
  const href = area === null ? null : address(area);
  return el("a", { href, hidden: area === null, "aria-current": here ? "page" : null, "data-testid": testId }, name);
}

function engineLink(here: AreaName, engine: boolean): HTMLElement {
  const href = `${address(here)}&view=engine`;
  return el("a", { href, "aria-current": engine ? "page" : null, "data-testid": "view-engine" }, words.engine.name);
}

function listenForKey(other: AreaName): void {
  window.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "v" || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const target = event.target;
    if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) return;
    window.location.search = address(other);
  });
}
