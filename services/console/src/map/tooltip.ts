/** The small card beside what is pointed at on the map: a station, an incident, an appliance or a zone. */
import type { Appliance, Incident, Kind, Station } from "../api/types";
import { el } from "../dom/element";
import type { ConsoleModel } from "../state/console_model";
import { words } from "../words/catalogue";
import { hourMinute, targetMinutes } from "../words/format";
import { UNKNOWN_BYTE } from "../zones/bands";
import type { Hit } from "./pen";

const OFFSET_PX = 16;

export interface ZoneHit {
  zone: number;
  name: string;
  ground: string;
}

export class Tooltip {
  private readonly box = el("div", { class: "tooltip", role: "status", hidden: true });

  constructor(
    private readonly host: HTMLElement,
    private readonly model: ConsoleModel,
  ) {
    host.append(this.box);
  }

  hide(): void {
    this.box.hidden = true;
  }

  show(x: number, y: number, what: Hit | ZoneHit): void {
    const lines = "zone" in what ? this.zoneLines(what) : this.hitLines(what);
    if (lines.length === 0) return this.hide();
    const [title, ...rest] = lines;
    this.box.replaceChildren(el("strong", {}, title), ...rest.map((line) => el("div", {}, line)));
    this.box.hidden = false;
    const { clientWidth, clientHeight } = this.host;
    const { offsetWidth, offsetHeight } = this.box;
    const left = x + OFFSET_PX + offsetWidth > clientWidth ? x - OFFSET_PX - offsetWidth : x + OFFSET_PX;
    const top = Math.min(clientHeight - offsetHeight - 8, Math.max(8, y + OFFSET_PX));
    this.box.style.transform = `translate(${Math.max(8, left)}px, ${top}px)`;
  }

  private hitLines(hit: Hit): string[] {
    const { picture, stations } = this.model;
    const station = stations.get(hit.id);
    if (hit.kind === "station" && station) return this.stationLines(station);
    const incident = picture?.incidents.get(hit.id);
    if (hit.kind === "incident" && incident) return incidentLines(incident, this.model.region.kinds);
    const appliance = picture?.appliances.get(hit.id);
    return hit.kind === "appliance" && appliance ? this.applianceLines(appliance) : [];
  }

  private stationLines(station: Station): string[] {
    const all = [...(this.model.picture?.appliances.values() ?? [])];
    const standing = all.filter((a) => a.status === "available" && a.station === station.id);
    const away = all.filter((a) => a.home === station.id && !standing.includes(a));
    const lines = [`${station.name} · ${station.id} · ${words.map.bays(station.bays)}`];
    lines.push(standing.length === 0 ? words.map.noneStanding : standing.map((a) => this.named(a)).join(", "));
    for (const a of away) lines.push(`${this.named(a)}: ${words.status[a.status]}`);
    return lines;
  }

  private named(appliance: Appliance): string {
    return appliance.kind === this.model.kind.id
      ? appliance.id
      : `${appliance.id} (${kindName(this.model.region.kinds, appliance.kind)})`;
  }

  private applianceLines(appliance: Appliance): string[] {
    const { stations } = this.model;
    const to = appliance.status === "mobilised" ? null : stations.get(appliance.station ?? "");
    const home = stations.get(appliance.home);
    const lines = [`${this.named(appliance)} · ${home?.name ?? appliance.home}`];
    lines.push(to ? `${words.status[appliance.status]} → ${to.name}` : words.status[appliance.status]);
    if (appliance.expected_at) lines.push(words.phases.arrives(hourMinute(appliance.expected_at)));
    return lines;
  }

  private zoneLines(hit: ZoneHit): string[] {
    const { stations, zonesPainted } = this.model;
    const { live, shown, supposed } = zonesPainted;
    if (!live) return [];
    const step = live.stepS;
    return [
      `${hit.name} · ${words.map.ground} ${stations.get(hit.ground)?.name ?? hit.ground}`,
      `${supposed ? words.whatIf.mapLabel : words.map.zoneNow}: ${upTo(live.nowFirst[hit.zone], step)} · ${words.map.zoneSecond}: ${upTo(live.nowSecond[hit.zone], step)}`,
      `${words.map.zoneAfter}: ${upTo(shown?.afterFirst[hit.zone], step)}`,
    ];
  }
}

function kindName(kinds: readonly Kind[], id: string): string {
  return kinds.find((k) => k.id === id)?.name ?? id;
}

function incidentLines(incident: Incident, kinds: readonly Kind[]): string[] {
  const needs = Object.entries(incident.required)
    .map(([kind, n]) => words.map.countOfKind(n, kindName(kinds, kind)))
    .join(", ");
  const lines = [
    `${words.categories[incident.category] ?? incident.category} · ${words.map.opened(hourMinute(incident.opened_at))}`,
  ];
  if (needs) lines.push(`${words.map.needs} ${needs}`);
  lines.push(`${words.map.sent(incident.committed.length)}: ${incident.committed.join(", ") || "–"}`);
  lines.push(incident.expected_stop ? words.map.release(hourMinute(incident.expected_stop)) : words.map.releaseUnknown);
  return lines;
}

function upTo(byte: number | undefined, stepS: number): string {
  if (byte === undefined) return words.strip.unknown;
  return byte >= UNKNOWN_BYTE ? words.map.overCap : `≤ ${targetMinutes(byte * stepS)} min`;
}
