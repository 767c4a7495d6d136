/**
 * Keys to commands. Typing in a field is left alone, and so are the arrow keys while the map has the focus.
 * Never knows what a command does.
 */
import type { ClusterDesk } from "../state/cluster_desk";
import { REJECT_REASONS, type Commands } from "../state/commands";
import type { ConsoleModel } from "../state/console_model";
import type { WhatIfDesk } from "../state/what_if_desk";

// The keys of the what-if itself, and of how the map and the page look.
const WITH_WHAT_IF = new Set(["i", "z", "l", "t"]);

export interface KeyTargets {
  model: ConsoleModel;
  commands: Commands;
  whatIf: WhatIfDesk;
  clusters: ClusterDesk;
  help: { toggle(): void; close(): boolean };
  frontier: { focus(): void; leave(): boolean };
  map: HTMLElement;
}

export function listenToKeys(targets: KeyTargets): void {
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (handled(event, targets)) event.preventDefault();
  });
}

function isTyping(target: EventTarget | null): target is HTMLInputElement | HTMLTextAreaElement {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

function handled(event: KeyboardEvent, targets: KeyTargets): boolean {
  const { model, commands, whatIf, clusters, help, frontier } = targets;
  if (event.key === "Escape") return escape(targets);
  if (event.key === "Enter") return enter(event, targets);
  if (event.key === "?") return done(() => help.toggle());
  if (/^[1-9]$/.test(event.key)) return digit(Number(event.key), targets);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (event.target instanceof Node && targets.map.contains(event.target)) return false;
    if (whatIf.isOpen) return done(() => commands.sayWhatIfOpen());
    return done(() => commands.step(event.key === "ArrowDown" ? 1 : -1));
  }
  // A held-down key must not decide anything twice.
  if (event.repeat && !/^[jk]$/i.test(event.key)) return false;
  const byKey: Record<string, () => void> = {
    j: () => commands.step(1),
    k: () => commands.step(-1),
    a: () => commands.accept(),
    r: () => (model.rejectingId === null ? commands.startReject() : commands.cancelReject()),
    w: () => commands.toggleWhy(),
    u: () => commands.undo(),
    n: () => commands.showNewer(),
    f: () => frontier.focus(),
    b: () => commands.nextAlternative(),
    i: () => whatIf.toggle(),
    z: () => whatIf.toggleZones(),
    s: () => clusters.next(),
    c: () => clusters.actOnSelected("confirm"),
    d: () => clusters.actOnSelected("dismiss"),
    x: () => clusters.actOnSelected("undo"),
    l: () => commands.nextLayer(),
    t: () => commands.toggleTheme(),
  };
  const key = event.key.toLowerCase();
  // Beside a what-if a letter may be meant for its field: nothing live is touched behind it.
  if (whatIf.isOpen && key in byKey && !WITH_WHAT_IF.has(key)) return done(() => commands.sayWhatIfOpen());
  const run = byKey[key];
  return run ? done(run) : false;
}

function digit(number: number, { model, commands, whatIf }: KeyTargets): boolean {
  if (model.rejectingId !== null) {
    const reason = REJECT_REASONS[number - 1];
    return reason ? done(() => commands.reject(reason)) : true;
  }
  if (model.whatIf?.mode === "incident") return done(() => whatIf.needFirst(number));
  if (whatIf.isOpen) return done(() => commands.sayWhatIfOpen());
  return done(() => commands.selectNumber(number));
}

/** Enter asks the supposed question again; on a button it presses that. */
function enter(event: KeyboardEvent, { whatIf }: KeyTargets): boolean {
  if (!whatIf.isOpen || (event.target instanceof Element && event.target.closest("button, summary, a"))) return false;
  return done(() => whatIf.ask());
}

/** Closes what lies on top: help, the question why not, the what-if, the preview. */
function escape({ model, commands, whatIf, help, frontier }: KeyTargets): boolean {
  if (help.close()) return true;
  if (model.rejectingId !== null) return done(() => commands.cancelReject());
  if (whatIf.close()) return true;
  const back = commands.backToRecommended();
  return frontier.leave() || back;
}

function done(run: () => void): boolean {
  run();
  return true;
}
