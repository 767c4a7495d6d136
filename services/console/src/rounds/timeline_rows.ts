/** The rows of the time-line: what each vehicle does when. Pure; made once for each change of a round. */
import type { Council, Round } from "../api/rounds_types";
import { loadShare, overtimeOf, stopOf } from "./day_state";

export interface Block {
  index: number;
  visit: string;
  stop: string | null;
  kind: "stop" | "tip" | "break";
  beginS: number;
  endS: number;
  done: boolean;
  /** Whether anybody can tell when it is; else it stands behind the one before. */
  known: boolean;
}

export interface Row {
  round: Round;
  blocks: readonly Block[];
  loadShare: number;
  overtimeS: number;
}

export type RowFilter = "all" | "late" | "touched";

/** How long each stop and tip takes, by its visit's id. */
export function serviceTimes(council: Council): Map<string, number> {
  const times = new Map<string, number>();
  for (const [i, id] of council.stops.id.entries()) times.set(id, council.stops.service_s[i] ?? 0);
  for (const tip of council.tips) if (tip.service_s !== undefined) times.set(`tip:${tip.id}`, tip.service_s);
  return times;
}

export function rowOf(round: Round, service: ReadonlyMap<string, number>): Row {
  const blocks: Block[] = [];
  let freeS = round.finish_s ?? round.shift_end_s;
  for (const [index, visit] of round.visits.entries()) {
    const stop = stopOf(visit);
    const told = round.begin_s[index] ?? null;
    const beginS = told ?? freeS;
    const takes = service.get(stop ?? visit);
    const nextS = round.begin_s[index + 1] ?? (told === null ? null : round.finish_s) ?? beginS + (takes ?? 0);
    const endS = Math.max(beginS, takes === undefined ? nextS : told === null ? beginS + takes : Math.min(nextS, beginS + takes));
    blocks.push({
      index,
      visit,
      stop,
      kind: stop !== null ? "stop" : visit.startsWith("tip:") ? "tip" : "break",
      beginS,
      endS,
      done: index < round.done,
      known: told !== null,
    });
    freeS = endS;
  }
  return { round, blocks, loadShare: loadShare(round), overtimeS: overtimeOf(round) };
}

export function filtered(rows: readonly Row[], filter: RowFilter, touched: ReadonlySet<string>): Row[] {
  if (filter === "late") return rows.filter((row) => row.overtimeS > 0);
  if (filter === "touched") return rows.filter((row) => touched.has(row.round.vehicle));
  return [...rows];
}

/** First and last second worth showing, on whole half-hours. */
export function daySpan(rows: readonly Row[]): { fromS: number; toS: number } {
  let from = Infinity;
  let to = -Infinity;
  for (const { round, blocks } of rows) {
    from = Math.min(from, blocks[0]?.beginS ?? Infinity);
    to = Math.max(to, round.finish_s ?? 0, round.shift_end_s);
  }
  if (!Number.isFinite(from) || !Number.isFinite(to) || to <= from) return { fromS: 6 * 3_600, toS: 18 * 3_600 };
  return { fromS: Math.floor(from / 1_800) * 1_800, toS: Math.ceil((to + 300) / 1_800) * 1_800 };
}
