/**
 * Advice that a revision of a plan has not worked out: what there was before is kept until it is.
 * Null means "not worked out", an empty list means "there is none". Pure; called by the model for each plan.
 * Which of two plans is the older one is told here, too.
 */
import type { AlternativeChoice } from "../api/advice";
import type { Plan } from "../api/types";
import { isRecommended } from "./preview";

/** The plan with what it leaves open filled in from the plan before it. */
export function withKeptAdvice(plan: Plan, before: Plan | null): Plan {
  return {
    ...plan,
    mobilising: plan.mobilising ?? before?.mobilising ?? null,
    home_advice: plan.home_advice ?? before?.home_advice ?? null,
    alternatives: plan.alternatives ?? keptAlternatives(plan, before),
  };
}

/** Whether a plan is for an older picture, or an older revision of the same plan. */
export function isOlder(plan: Plan, than: Plan): boolean {
  if (plan.plan_id === than.plan_id) return plan.revision < than.revision;
  return plan.picture_offset < than.picture_offset;
}

/** Next-best plans of an earlier revision of the same plan; those of another plan cannot be decided on in this one. */
function keptAlternatives(plan: Plan, before: Plan | null): AlternativeChoice[] | null {
  if (before?.plan_id !== plan.plan_id) return null;
  return before.alternatives?.filter((choice) => !isRecommended(plan, choice)) ?? null;
}
