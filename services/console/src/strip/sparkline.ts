/** The last hour of cover as a thin line: first appliance strong, second faint. Never more than a sketch. */
import type { HistoryPoint } from "../api/types";
import { setAttribute, svg } from "../dom/element";
import { HISTORY_SHOWN_MS } from "../state/history";
import { words } from "../words/catalogue";
import { percent } from "../words/format";

const WIDTH = 150;
const HEIGHT = 34;
const MARGIN = 3;
// A flat hour must look flat: the scale never shows less than this many percentage points.
const LEAST_RANGE = 0.04;

export class Sparkline {
  private readonly second = svg("polyline", { class: "spark-second", fill: "none" });
  private readonly first = svg("polyline", { class: "spark-first", fill: "none" });
  private readonly dot = svg("circle", { class: "spark-dot", r: 3 });
  readonly root = svg(
    "svg",
    { class: "sparkline", role: "img", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" },
    this.second,
    this.first,
    this.dot,
  ) as unknown as HTMLElement;

  show(history: readonly HistoryPoint[]): void {
    const endMs = Date.parse(history.at(-1)?.[0] ?? "");
    const points = history.filter((p) => endMs - Date.parse(p[0]) <= HISTORY_SHOWN_MS);
    if (points.length < 2) return;
    const shares = points.flatMap((p) => [p[1], p[2]]);
    const middle = (Math.min(...shares) + Math.max(...shares)) / 2;
    const range = Math.max(LEAST_RANGE, Math.max(...shares) - Math.min(...shares));
    const x = (p: HistoryPoint) => MARGIN + (WIDTH - 2 * MARGIN) * (1 - (endMs - Date.parse(p[0])) / HISTORY_SHOWN_MS);
    const y = (share: number) => HEIGHT / 2 - ((share - middle) / range) * (HEIGHT - 2 * MARGIN);
    const line = (of: 1 | 2) => points.map((p) => `${x(p).toFixed(1)},${y(p[of]).toFixed(1)}`).join(" ");
    setAttribute(this.first, "points", line(1));
    setAttribute(this.second, "points", line(2));
    const last = points.at(-1);
    if (last) {
      setAttribute(this.dot, "cx", x(last).toFixed(1));
      setAttribute(this.dot, "cy", y(last[1]).toFixed(1));
    }
    const first = points.map((p) => p[1]);
    setAttribute(
      this.root,
      "aria-label",
      words.strip.sparkline(percent(Math.min(...first)), percent(Math.max(...first))),
    );
  }
}
