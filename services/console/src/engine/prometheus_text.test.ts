import { describe, expect, it } from "vitest";
import { readNumber, readSamples } from "./prometheus_text";

describe("Prometheus's text format", () => {
  it("reads names, labels and values, and leaves comments out", () => {
    const text = [
      "# HELP cover_lag_records Records of the log not yet folded.",
      "# TYPE cover_lag_records gauge",
      'cover_lag_records{area="demo"} 3.0',
      'cover_stage_seconds_bucket{area="demo",le="+Inf",stage="solve"} 7.0',
      "process_start_time_seconds 1.7e+09",
      "",
    ].join("\n");
    expect(readSamples(text)).toEqual([
      { name: "cover_lag_records", labels: { area: "demo" }, value: 3 },
      { name: "cover_stage_seconds_bucket", labels: { area: "demo", le: "+Inf", stage: "solve" }, value: 7 },
      { name: "process_start_time_seconds", labels: {}, value: 1.7e9 },
    ]);
  });

  it("reads signs in labels that are part of the format elsewhere", () => {
    const [sample] = readSamples('x{area="a,b}\\"c\\\\d\\ne"} 1');
    expect(sample?.labels).toEqual({ area: 'a,b}"c\\d\ne' });
  });

  it("reads a timestamp over", () => {
    expect(readSamples("x 1 1700000000000")).toEqual([{ name: "x", labels: {}, value: 1 }]);
  });

  it("leaves out what it does not understand", () => {
    expect(readSamples('x{area="open} 1\ny{} z\n<html>\nok 1')).toEqual([{ name: "ok", labels: {}, value: 1 }]);
  });

  it("knows the numbers that are none elsewhere", () => {
    expect([readNumber("+Inf"), readNumber("-Inf"), readNumber("NaN"), readNumber("1e-3"), readNumber("ten")]).toEqual([
      Infinity,
      -Infinity,
      NaN,
      0.001,
      null,
    ]);
  });
});
