/** A small bar for each bucket of a histogram, those over the level hatched by colour and height alike. Draws only. */
import { svg } from "../dom/element";
import { bars, type Histogram } from "./histogram";

const BAR = 7;
const HEIGHT = 26;

export function spread(one: Histogram, levelS: number | null, label: string): SVGElement {
  const counts = bars(one);
  const most = Math.max(1, ...counts);
  const root = svg("svg", {
    class: "engine-spread",
    role: "img",
    "aria-label": label,
    width: Math.max(1, counts.length) * BAR,
    height: HEIGHT,
  });
  counts.forEach((count, n) => {
    const height = count === 0 ? 0 : Math.max(2, (count / most) * (HEIGHT - 2));
    const lower = n > 0 ? (one.edges[n - 1] ?? 0) : 0;
    const over = levelS !== null && lower >= levelS;
    root.append(
      svg("rect", {
        class: over ? "over" : "within",
        x: n * BAR,
        y: HEIGHT - height,
        width: BAR - 1,
        height,
      }),
    );
    if (levelS !== null && one.edges[n] === levelS)
      root.append(svg("line", { class: "level", x1: (n + 1) * BAR - 0.5, x2: (n + 1) * BAR - 0.5, y1: 0, y2: HEIGHT }));
  });
  return root;
}
