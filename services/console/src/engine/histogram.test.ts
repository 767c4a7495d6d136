import { describe, expect, it } from "vitest";
import { added, bars, EMPTY, isBeyond, quantile, since, totalOf, type Histogram } from "./histogram";

const EDGES = [0.01, 0.1, 1, Infinity];
const of = (...counts: number[]): Histogram => ({ edges: EDGES, counts });

describe("quantiles", () => {
  it("are linear within a bucket, as in Prometheus", () => {
    const one = of(0, 100, 100, 100);
    expect(quantile(one, 0.5)).toBeCloseTo(0.055);
    expect(quantile(one, 1)).toBeCloseTo(0.1);
    expect(quantile(of(100, 100, 100, 100), 0.5)).toBeCloseTo(0.005);
    expect(quantile(of(50, 50, 100, 100), 0.75)).toBeCloseTo(0.55);
  });

  it("are the last finite edge where they lie beyond it, and say so", () => {
    const one = of(0, 0, 98, 100);
    expect(quantile(one, 0.99)).toBe(1);
    expect(isBeyond(one, 0.99)).toBe(true);
    expect(isBeyond(one, 0.98)).toBe(false);
  });

  it("are not known of nothing", () => {
    expect(quantile(of(0, 0, 0, 0), 0.5)).toBeNull();
    expect(quantile(EMPTY, 0.5)).toBeNull();
    expect(isBeyond(EMPTY, 0.5)).toBe(false);
  });
});

describe("histograms", () => {
  it("tell what came between two readings", () => {
    expect(since(of(5, 8, 9, 10), of(4, 4, 4, 4)).counts).toEqual([1, 4, 5, 6]);
  });

  it("begin anew with the process", () => {
    expect(since(of(1, 1, 1, 2), of(4, 4, 4, 40)).counts).toEqual([1, 1, 1, 2]);
    expect(since(of(1, 1, 1, 2), EMPTY).counts).toEqual([1, 1, 1, 2]);
  });

  it("add up where their edges are the same", () => {
    const sum = added([EMPTY, of(1, 2, 3, 4), of(1, 1, 1, 1), { edges: [5, Infinity], counts: [9, 9] }]);
    expect(sum.counts).toEqual([2, 3, 4, 5]);
    expect(totalOf(sum)).toBe(5);
    expect(added([])).toEqual(EMPTY);
  });

  it("have bars of their own counts", () => {
    expect(bars(of(1, 3, 3, 4))).toEqual([1, 2, 0, 1]);
  });
});
