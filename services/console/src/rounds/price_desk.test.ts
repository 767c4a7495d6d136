import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Price, PriceQuestion } from "../api/rounds_types";
import { ASK_EVERY_MS, PriceDesk } from "./price_desk";

const price = (cost: number): Price => ({
  possible: true,
  cost,
  drive_s: 0,
  finish_before_s: null,
  finish_after_s: null,
  codes: [],
  words: null,
  relaxation: null,
});

const question = (vehicle: string): PriceQuestion => ({ stop: "S1", vehicle });

describe("the price desk", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function desk(answer: (q: PriceQuestion) => Promise<Price>) {
    const asked: string[] = [];
    const it = new PriceDesk(
      (q) => {
        asked.push(q.vehicle);
        return answer(q);
      },
      () => undefined,
      (error) => String(error),
      () => Date.now(),
    );
    return { it, asked };
  }

  it("asks once for one question, and shows its price", async () => {
    const { it: prices, asked } = desk(() => Promise.resolve(price(3)));
    prices.consider(question("A"));
    prices.consider(question("A"));
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toEqual(["A"]);
    expect(prices.state).toMatchObject({ stage: "priced", price: { cost: 3 } });
  });

  it("asks for the last of many questions only", async () => {
    const { it: prices, asked } = desk((q) => Promise.resolve(price(q.vehicle.length)));
    prices.consider(question("A"));
    await vi.advanceTimersByTimeAsync(1);
    for (const vehicle of ["B", "C", "DDDD"]) prices.consider(question(vehicle));
    await vi.advanceTimersByTimeAsync(ASK_EVERY_MS);
    expect(asked).toEqual(["A", "DDDD"]);
    expect(prices.state).toMatchObject({ stage: "priced", price: { cost: 4 } });
  });

  it("drops the answer to an older question", async () => {
    let late: (p: Price) => void = () => undefined;
    const { it: prices } = desk((q) =>
      q.vehicle === "A" ? new Promise((resolve) => (late = resolve)) : Promise.resolve(price(2)),
    );
    prices.consider(question("A"));
    await vi.advanceTimersByTimeAsync(1);
    prices.consider(question("B"));
    await vi.advanceTimersByTimeAsync(ASK_EVERY_MS);
    late(price(99));
    await vi.advanceTimersByTimeAsync(1);
    expect(prices.state).toMatchObject({ stage: "priced", question: { vehicle: "B" }, price: { cost: 2 } });
  });

  it("says why there is no price, and forgets when told to", async () => {
    const { it: prices } = desk(() => Promise.reject(new Error("no such round")));
    prices.consider(question("A"));
    await vi.advanceTimersByTimeAsync(1);
    expect(prices.state).toMatchObject({ stage: "failed", why: "Error: no such round" });
    prices.forget();
    expect(prices.state.stage).toBe("none");
  });
});
