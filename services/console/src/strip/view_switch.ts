/**
 * Which view is shown: cover of a brigade, or the rounds of a council on the same ground. Each is an area of its
 * own, so the switch is a pair of links; the key V opens the other one. Shown only where there are both.
 */
import type { AreaName } from "../api/types";
import { el, keyCap } from "../dom/element";
import { words } from "../words/catalogue";

export class ViewSwitch {
  readonly root: HTMLElement;

  constructor(areas: readonly AreaName[], here: AreaName) {
    const other = otherView(areas, here);
    const council = here.kind === "council";
    this.root = el(
      "nav",
      { class: "view-switch", "aria-label": words.views.label, hidden: other === null, title: words.views.hint },
      link(words.views.cover, council ? other : here, !council, "view-cover"),
      link(words.views.rounds, council ? here : other, council, "view-rounds"),
      keyCap("V"),
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
  return el("a", { href, "aria-current": here ? "page" : null, "data-testid": testId }, name);
}

function listenForKey(other: AreaName): void {
  window.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "v" || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const target = event.target;
    if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) return;
    window.location.search = address(other);
  });
}
