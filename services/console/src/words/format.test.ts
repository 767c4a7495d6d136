/** Numbers say what they mean: no rounding to the flattering side, real minus signs, whole minutes. */
import { describe, expect, it } from "vitest";
import { certificateWords } from "./certificate";
import { age, clock, gapPercent, minutes, percent, points, setTimeZone, targetMinutes } from "./format";

describe("format", () => {
  it("never shows almost all as all", () => {
    expect(percent(0.941)).toBe("94.1");
    expect(percent(0.99996)).toBe("99.9");
    expect(percent(1)).toBe("100.0");
  });

  it("signs changes, with a real minus", () => {
    expect([0.0042, -0.0042, 0].map(points)).toEqual(["+0.42", "−0.42", "0.00"]);
  });

  it("writes ages and minutes", () => {
    expect([0.24, 42.7, 190, 7300].map(age)).toEqual(["0.2 s", "42 s", "3 min 10 s", "2 h 1 min"]);
    expect([0, 10, 412].map(minutes)).toEqual(["0", "1", "7"]);
    expect([360, 450].map(targetMinutes)).toEqual(["6", "7.5"]);
  });

  it("writes times in the area's own zone", () => {
    setTimeZone("Europe/London");
    expect(clock("2026-07-01T11:31:05Z")).toBe("12:31:05");
    expect(clock("2026-01-01T11:31:05Z")).toBe("11:31:05");
  });

  it("claims no more than the certificate does", () => {
    expect(gapPercent(0.000001)).toBe("0.01");
    expect(certificateWords("none", null)).toBe("gap not yet known");
    expect(certificateWords("proven", 0.0005)).toBe("proven within 0.05 %");
    expect(certificateWords("proven", 0)).toBe("proven best");
    expect(certificateWords("time", 0.008)).toBe("within 0.80 % of best");
  });
});
