/**
 * Keys to commands. Typing in a field is left alone, and so are the arrow keys while the map has the focus.
 * Never knows what a command does.
 */
import { REJECT_REASONS, type Commands } from "../state/commands";
import type { ConsoleModel } from "../state/console_model";

export interface KeyTargets {
  model: ConsoleModel;
  commands: Commands;
  help: { toggle(): void; close(): boolean };
  map: HTMLElement;
}

export function listenToKeys(targets: KeyTargets): void {
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (handled(event, targets)) event.preventDefault();
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

function handled(event: KeyboardEvent, targets: KeyTargets): boolean {
  const { model, commands, help } = targets;
  if (event.key === "Escape") return escape(targets);
  if (event.key === "?") return done(() => help.toggle());
  if (/^[1-9]$/.test(event.key)) return digit(Number(event.key), targets);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (event.target instanceof Node && targets.map.contains(event.target)) return false;
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
    l: () => commands.nextLayer(),
    t: () => commands.toggleTheme(),
  };
  const run = byKey[event.key.toLowerCase()];
  return run ? done(run) : false;
}

function digit(number: number, { model, commands }: KeyTargets): boolean {
  if (model.rejectingId === null) return done(() => commands.selectNumber(number));
  const reason = REJECT_REASONS[number - 1];
  return reason ? done(() => commands.reject(reason)) : true;
}

function escape({ model, commands, help }: KeyTargets): boolean {
  if (help.close()) return true;
  if (model.rejectingId === null) return false;
  return done(() => commands.cancelReject());
}

function done(run: () => void): boolean {
  run();
  return true;
}
