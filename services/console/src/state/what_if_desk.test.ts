/** The what-if desk: the newest question wins, errors say what to do, nothing live is touched. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem, type ApiClient } from "../api/client";
import type { WhatIfAnswer } from "../api/advice";
import type { Region } from "../api/types";
import { ConsoleModel } from "./console_model";
import { failureWords, WhatIfDesk } from "./what_if_desk";

const PLACE = { lon: 0, lat: 0, name: "here" };

function makeDesk() {
  const model = new ConsoleModel({ area: "x", kinds: [{ id: "pump" }], stations: [] } as unknown as Region);
  const whatIf = vi.fn<ApiClient["whatIf"]>();
  return { model, whatIf, desk: new WhatIfDesk(model, { whatIf } as unknown as ApiClient) };
}

beforeEach(() => {
  vi.stubGlobal("window", globalThis);
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const answer = (id: string) => ({ live_plan_id: id, zones: null }) as WhatIfAnswer;

describe("WhatIfDesk", () => {
  it("asks once when the officer pauses", async () => {
    const { desk, whatIf, model } = makeDesk();
    whatIf.mockResolvedValue(answer("p1"));
    desk.open();
    desk.place(PLACE);
    desk.needFirst(6);
    desk.needFirst(8);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(whatIf).toHaveBeenCalledTimes(1);
    expect(whatIf.mock.calls[0]?.[1].appliances_required).toEqual({ pump: 8 });
    expect(model.whatIf?.answered?.answer.live_plan_id).toBe("p1");
  });

  it("drops the answer to a question that was given up, and all of them once closed", async () => {
    const { desk, whatIf, model } = makeDesk();
    const waiting: ((a: WhatIfAnswer) => void)[] = [];
    whatIf.mockImplementation(() => new Promise((resolve) => waiting.push(resolve)));
    desk.open();
    desk.place(PLACE);
    desk.ask();
    desk.ask();
    waiting[1]?.(answer("second"));
    waiting[0]?.(answer("first"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(model.whatIf?.answered?.answer.live_plan_id).toBe("second");
    desk.ask();
    expect(desk.close()).toBe(true);
    waiting[2]?.(answer("late"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(model.whatIf).toBeNull();
    expect(whatIf.mock.calls.map(([, , signal]) => signal.aborted)).toEqual([true, false, true]);
  });

  it("says what to do when there is no answer", () => {
    expect(failureWords(new ApiProblem(422, "no zone there"))).toContain("no zone there. Change the question");
    expect(failureWords(new ApiProblem(429, "one at a time"))).toContain("in a moment");
    expect(failureWords(new ApiProblem(404, "Not found"))).toContain("older");
    expect(failureWords(new ApiProblem(403, "not for this role"))).toContain("Sign in");
    expect(failureWords(new ApiProblem(500, "broken"))).toContain("Ask again");
    expect(failureWords(new DOMException("", "TimeoutError"))).toContain("Ask again");
    expect(failureWords(new TypeError("fetch failed"))).toContain("Wait for the connection");
  });
});
