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

// The gap that counts as proof, as in the service: a tenth of a percent.
const PROVEN_GAP = 0.001;

/** How good one choice of the frontier is known to be: a mark to see, and words for it. */
export function proofOf(gap: number | null | undefined): { mark: string; text: string } {
  if (gap === null || gap === undefined) return { mark: "≈", text: words.proof.unknown };
  if (gap < NO_GAP) return { mark: "✓", text: words.proof.best };
  if (gap <= PROVEN_GAP) return { mark: "✓", text: words.proof.proven(gapPercent(gap)) };
  return { mark: "≈", text: words.proof.within(gapPercent(gap)) };
}
