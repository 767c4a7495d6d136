/**
 * Keys to commands in the Rounds view. Typing in a field is left alone; the arrows belong to the map or the
 * time-line while they have the focus. Never knows what a command does.
 */
import type { AddSheet } from "./add_sheet";
import type { RoundsCommands } from "./commands";
import type { ExportMenu } from "./export_menu";
import type { MoveSheet } from "./move_sheet";
import type { RoundsModel } from "./rounds_model";
import type { Timeline } from "./timeline";
import type { TimelinePanel } from "./timeline_panel";
import { walk } from "./timeline_walk";

export interface RoundsTargets {
  model: RoundsModel;
  commands: RoundsCommands;
  timeline: Timeline;
  panel: TimelinePanel;
  move: MoveSheet;
  add: AddSheet;
  exports: ExportMenu;
  help: { toggle(): void; close(): boolean };
  map: HTMLElement;
  adjust(): void;
}

export function listenToRoundsKeys(targets: RoundsTargets): void {
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) {
      if (event.key !== "Escape") return;
      target.blur();
      targets.add.close();
      return;
    }
    if (handled(event, targets)) event.preventDefault();
  });
}

function handled(event: KeyboardEvent, targets: RoundsTargets): boolean {
  const { model, commands, timeline, panel, move, help } = targets;
  if (event.key === "Escape") return escape(targets);
  const onButton = event.target instanceof Element && event.target.closest("button, summary, a") !== null;
  if (event.key === "Enter" && onButton) return false;
  if (move.key(event)) return true;
  if (walk(event, model, timeline)) return true;
  const byKey: Record<string, () => void> = {
    a: () => void (model.armed && commands.approve()),
    g: () => void (model.armed && targets.adjust()),
    d: () => void (model.armed && commands.dismiss()),
    u: () => commands.undo(),
    n: () => model.releaseWaiting(true),
    f: () => timeline.canvas.focus(),
    "/": () => panel.focusFind(),
    m: () => move.open(),
    l: () => commands.lockOrUnlock(),
    s: () => commands.skipOrTakeBack(),
    p: () => commands.split(),
    i: () => targets.add.open(),
    o: () => commands.vehicleOffOrBack(),
    r: () => panel.nextFilter(),
    c: () => nextCluster(model),
    y: () => decideCluster(targets, "confirm"),
    x: () => decideCluster(targets, "dismiss"),
    e: () => targets.exports.toggle(),
    t: () => commands.toggleTheme(),
    "?": () => help.toggle(),
    "+": () => timeline.zoomBy(true),
    "=": () => timeline.zoomBy(true),
    "-": () => timeline.zoomBy(false),
    "0": () => timeline.zoomWhole(),
  };
  const onMap = event.target instanceof Node && targets.map.contains(event.target);
  if (onMap && /^(Arrow|[-+=])/.test(event.key)) return false;
  const steps: Record<string, () => void> = {
    ArrowDown: () => commands.stepChange(1),
    ArrowUp: () => commands.stepChange(-1),
    j: () => commands.stepChange(1),
    k: () => commands.stepChange(-1),
    ArrowRight: () => commands.stepOption(1),
    ArrowLeft: () => commands.stepOption(-1),
  };
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (/^[1-9]$/.test(key)) return done(() => commands.chooseNumber(Number(key)));
  const step = steps[key];
  if (step) return done(step);
  // A held-down key must not decide anything twice.
  const run = event.repeat ? undefined : byKey[key];
  return run ? done(run) : false;
}

function nextCluster(model: RoundsModel): void {
  const open = model.openClusters.map((c) => c.cluster);
  model.selectCluster(open[(open.indexOf(model.cluster ?? "") + 1) % Math.max(1, open.length)] ?? null);
}

function decideCluster({ model, commands }: RoundsTargets, action: "confirm" | "dismiss"): void {
  const cluster = model.openClusters.find((c) => c.cluster === model.cluster);
  if (cluster?.status === "unconfirmed") commands.decideCluster(cluster.cluster, action);
}

/** Closes what lies on top; then the focus leaves the time-line; then nothing is selected. */
function escape({ model, timeline, move, add, exports, help }: RoundsTargets): boolean {
  if (help.close() || timeline.cancelDrag() || move.close() || add.close() || exports.close()) return true;
  if (document.activeElement === timeline.canvas) timeline.canvas.blur();
  if (model.stop !== null) return done(() => model.selectStop(null));
  if (model.cluster !== null) return done(() => model.selectCluster(null));
  return done(() => model.selectVehicle(null));
}

function done(run: () => void): boolean {
  run();
  return true;
}
