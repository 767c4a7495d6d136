/**
 * Reads Prometheus's text format as far as this service writes it: names, labels, values.
 * Called by the Engine room. What it does not understand it leaves out; it never throws.
 */

export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

const LINE = /^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const LABEL = /([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"\s*,?\s*/gy;
const ESCAPES: Readonly<Record<string, string>> = { "\\n": "\n", '\\"': '"', "\\\\": "\\" };

export function readSamples(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const found = LINE.exec(line.trim());
    if (found === null) continue;
    const value = readNumber(found[3] ?? "");
    const labels = readLabels(found[2] ?? "");
    if (value !== null && labels !== null) samples.push({ name: found[1] ?? "", labels, value });
  }
  return samples;
}

/** A number as Prometheus writes it; null where it is none. */
export function readNumber(text: string): number | null {
  if (text === "+Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  if (text === "NaN") return NaN;
  const value = Number(text);
  return text === "" || Number.isNaN(value) ? null : value;
}

function readLabels(text: string): Record<string, string> | null {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    LABEL.lastIndex = at;
    const found = LABEL.exec(text);
    if (found === null) return null;
    labels[found[1] ?? ""] = (found[2] ?? "").replace(/\\[n"\\]/g, (sign) => ESCAPES[sign] ?? sign);
    at = LABEL.lastIndex;
  }
  return labels;
}
