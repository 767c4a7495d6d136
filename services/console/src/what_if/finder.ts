/** Finds what an officer typed: a station by name or id, an appliance by callsign; capitals and blanks do not count. */
import type { Station } from "../api/types";

const plain = (text: string) => text.toLowerCase().replace(/\s+/g, " ").trim();
const tight = (text: string) => text.toLowerCase().replace(/\s+/g, "");

/** The station of that name or id; else the only one whose name begins so. */
export function findStation(stations: readonly Station[], typed: string): Station | null {
  const wanted = plain(typed);
  if (wanted === "") return null;
  const exact = stations.find((s) => plain(s.name) === wanted || plain(s.id) === wanted);
  if (exact) return exact;
  const begun = stations.filter((s) => plain(s.name).startsWith(wanted));
  return begun.length === 1 ? (begun[0] ?? null) : null;
}

export function findAppliance(callsigns: readonly string[], typed: string): string | null {
  return callsigns.find((id) => tight(id) === tight(typed)) ?? null;
}
