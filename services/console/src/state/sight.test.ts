/** A key decides only on what can be seen, and scrolling brings it there. */
import { describe, expect, it } from "vitest";
import { inSight, scrollBy } from "./sight";

const view = { top: 100, bottom: 300 };
const seen = (top: number, bottom: number) =>
  inSight({ needed: { top, bottom }, head: { top, bottom: top + 50 }, view });

describe("inSight", () => {
  it("needs the head and the buttons inside the list", () => {
    expect(seen(100, 300)).toBe(true);
    expect(seen(99.4, 300.6)).toBe(true);
    expect(seen(150, 310)).toBe(false);
    expect(seen(90, 250)).toBe(false);
    expect(seen(-400, -250)).toBe(false);
  });

  it("is content with the head where the list is too low for both", () => {
    expect(seen(100, 320)).toBe(true);
    expect(seen(80, 310)).toBe(false);
  });

  it("sees nothing in a list of no height", () => {
    const none = { top: 100, bottom: 100 };
    expect(inSight({ needed: none, head: none, view: none })).toBe(false);
  });
});

describe("scrollBy", () => {
  it("moves no further than it must", () => {
    expect(scrollBy({ top: 120, bottom: 280 }, view)).toBe(0);
    expect(scrollBy({ top: 250, bottom: 350 }, view)).toBe(50);
    expect(scrollBy({ top: 40, bottom: 140 }, view)).toBe(-60);
  });

  it("puts the top first where the span is too tall", () => {
    expect(scrollBy({ top: 150, bottom: 450 }, view)).toBe(50);
  });

  it("leaves a span in sight", () => {
    for (const top of [-500, 80, 150, 290, 900]) {
      const by = scrollBy({ top, bottom: top + 160 }, view);
      expect(seen(top - by, top + 160 - by)).toBe(true);
    }
  });
});
