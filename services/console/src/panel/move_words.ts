/** What the panel says about a move: its places, its progress, its gains and losses. Pure: strings only. */
import type { GroundChange, Station } from "../api/types";
import type { Progress } from "../state/move_progress";
import { words } from "../words/catalogue";
import { clock, hourMinute, minutes, whole } from "../words/format";

export type Stations = ReadonlyMap<string, Station>;

export function stationName(stations: Stations, id: string): string {
  return stations.get(id)?.name ?? id;
}

/** "Soho, Euston and 2 more": the grounds that matter most, the rest as a number. */
export function gainList(stations: Stations, gains: readonly GroundChange[], shown: number): string {
  if (gains.length === 0) return words.moves.gainsNothing;
  const names = gains.slice(0, shown).map((g) => stationName(stations, g.station));
  return listed(names, gains.length - shown);
}

/** "Soho 35 s faster, Euston 12 s faster": the grounds that gain, each with what it gains. */
export function gainsInSeconds(stations: Stations, gains: readonly GroundChange[], shown: number): string {
  if (gains.length === 0) return words.moves.gainsNothing;
  const names = gains
    .slice(0, shown)
    .map((g) => words.moves.gain(stationName(stations, g.station), whole(Math.abs(g.seconds))));
  return listed(names, gains.length - shown);
}

/** "Maida Vale 25 s slower": the grounds that pay, each with what it costs them. */
export function lossList(stations: Stations, loses: readonly GroundChange[], shown: number): string {
  if (loses.length === 0) return words.moves.losesNothing;
  const names = loses
    .slice(0, shown)
    .map((g) => words.moves.loss(stationName(stations, g.station), whole(Math.abs(g.seconds))));
  return listed(names, loses.length - shown);
}

function listed(names: readonly string[], more: number): string {
  return names.join(", ") + (more > 0 ? ` ${words.moves.more(more)}` : "");
}

/** One line on how far a decided move has come; empty while it is only recommended. */
export function progressLine(progress: Progress, asOf: string): string {
  const at = progress.at === null ? "" : clock(progress.at);
  const say = words.phases;
  switch (progress.phase) {
    case "recommended":
      return "";
    case "sending":
      return say.sending;
    case "accepted":
      return `${say.accepted(at)} · ${say.canUndo}`;
    case "told":
      return `${say.told(at)}${etaWords(progress, asOf)}`;
    case "on_the_way":
      return `${say.onTheWay}${etaWords(progress, asOf)}`;
    case "arrived":
      return say.arrived(progress.at === null ? "" : hourMinute(progress.at));
    case "rejected":
      return say.rejected(at) + (progress.reason ? ` · ${reasonName(progress.reason)}` : "");
    case "overtaken":
      return say.overtaken;
  }
}

function etaWords(progress: Progress, asOf: string): string {
  if (progress.eta === null) return "";
  const leftS = (Date.parse(progress.eta) - Date.parse(asOf)) / 1000;
  const left = leftS > 0 ? `${minutes(leftS)} ${words.moves.min}` : words.strip.unknown;
  return ` · ${words.phases.eta(clock(progress.eta), left)}`;
}

export function reasonName(reason: string): string {
  return (words.rejectReasons as Record<string, string>)[reason] ?? reason;
}
