/** What the panel says about another choice: how it differs from the recommended plan, and its price. Pure: strings. */
import type { MoveName } from "../api/advice";
import type { Kind, Plan } from "../api/types";
import { against, difference, type Choice } from "../state/preview";
import { words } from "../words/catalogue";
import { points, signed, targetMinutes, whole } from "../words/format";
import { stationName, type Stations } from "./move_words";

// A share this close is the same to two decimals of a percentage point.
const SAME_SHARE = 0.00005;

/** "instead of A211 → Soho: A24 → Soho": the first of each, the rest as a number. */
export function differenceWords(plan: Plan, choice: Choice, stations: Stations): string {
  const { dropped, added } = difference(plan, choice);
  const say = words.alternatives;
  if (dropped.length === 0 && added.length === 0) return say.same;
  if (dropped.length === 0) return say.also(named(added, stations));
  if (added.length === 0) return say.without(named(dropped, stations));
  const [one, other] = [dropped[0], added[0]];
  if (one && other && dropped.length === 1 && added.length === 1) {
    const to = stationName(stations, other.to_station);
    if (one.to_station === other.to_station) return say.otherAppliance(one.appliance, other.appliance, to);
    if (one.appliance === other.appliance) {
      return say.otherStation(one.appliance, to, stationName(stations, one.to_station));
    }
  }
  if (dropped.length === 1 && added.length === 1) return say.insteadOf(all(dropped, stations), all(added, stations));
  return say.insteadOfMany(dropped.length, all(added, stations));
}

/** The same with every move named, for where there is room. */
export function fullDifferenceWords(plan: Plan, choice: Choice, stations: Stations): string {
  const { dropped, added } = difference(plan, choice);
  const say = words.alternatives;
  if (dropped.length === 0 || added.length === 0) return differenceWords(plan, choice, stations);
  return say.insteadOf(all(dropped, stations), all(added, stations));
}

function all(moves: readonly MoveName[], stations: Stations): string {
  return moves
    .map((m) => words.alternatives.move(m.appliance, stationName(stations, m.to_station)))
    .join(", ");
}

function named(moves: readonly MoveName[], stations: Stations): string {
  const first = moves[0];
  if (!first) return "";
  const one = words.alternatives.move(first.appliance, stationName(stations, first.to_station));
  return moves.length === 1 ? one : words.alternatives.andMore(one, moves.length - 1);
}

/** What the choice costs against the recommended plan, in units of the objective: "+3.1". */
export function priceWords(plan: Plan, choice: Choice): string {
  return signed(against(plan, choice).objective);
}

/** "gives up 0.32 % ≤ 6 min", or what it brings: a share can rise where the moves cost more than they bring. */
export function shareWords(plan: Plan, choice: Choice, kind: Kind): string {
  return changeWords(against(plan, choice).first, kind);
}

export function changeWords(change: number, kind: Kind): string {
  const target = targetMinutes(kind.first_target_s);
  if (Math.abs(change) < SAME_SHARE) return words.preview.sameShare(target);
  if (change < 0) return words.preview.givesUp(points(-change).replace("+", ""), target);
  return words.preview.brings(points(change), target);
}

/** More calls in time and still worse: said, so that nobody takes it for a mistake; empty otherwise. */
export function yetWords(plan: Plan, choice: Choice, kind: Kind): string {
  const { first, objective } = against(plan, choice);
  return first >= SAME_SHARE && objective > 0 ? words.preview.yet(targetMinutes(kind.first_target_s)) : "";
}

export function objectiveWords(plan: Plan, choice: Choice): string {
  return words.preview.objective(whole(choice.objective), priceWords(plan, choice));
}
