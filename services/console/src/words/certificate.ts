/** How good a plan is known to be, in words. Pure. */
import type { Certificate } from "../api/types";
import { words } from "./catalogue";
import { gapPercent } from "./format";

// Below this a gap is rounding of the arithmetic, not a better plan.
const NO_GAP = 1e-9;

export function certificateWords(certificate: Certificate, gap: number | null): string {
  if (gap === null) return words.certificate.unknown;
  if (certificate !== "proven") return words.certificate.within(gapPercent(gap));
  return gap < NO_GAP ? words.certificate.provenBest : words.certificate.proven(gapPercent(gap));
}
