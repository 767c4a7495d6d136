/** What happened, in a line: for cards, the log and the announcer. Pure. */
import type { Change, RoundsDecision } from "../api/rounds_types";
import { words } from "../words/catalogue";

type Named = Pick<Change, "kind" | "service" | "street" | "vehicle" | "id">;

export function changeTitle(change: Named): { what: string; where: string } {
  const said = words.rounds;
  const service = change.service === null ? null : (said.services[change.service] ?? change.service);
  const what = change.kind === "request" || change.kind === "cluster" ? (service ?? said.kinds[change.kind]) : said.kinds[change.kind];
  return { what, where: change.street ?? change.vehicle ?? change.id };
}

/** Requests a rule refused, newest first. */
export function refusedOf(changes: readonly Change[]): Change[] {
  return changes.filter((change) => change.outcome === "refused").reverse();
}

export function decisionTitle(decision: RoundsDecision, changes: readonly Change[]): string {
  const said = words.rounds;
  if (decision.edit !== null) return [said.log.edits[decision.edit] ?? decision.edit, decision.cause?.id].filter(Boolean).join(" ");
  if (decision.cause === null) return decision.vehicles.join(", ");
  const key = `${decision.cause.kind}:${decision.cause.id}`;
  const change = changes.find((c) => c.key === key);
  if (!change) return `${said.kinds[decision.cause.kind]} ${decision.cause.id}`;
  const { what, where } = changeTitle(change);
  return `${what} · ${where}`;
}
