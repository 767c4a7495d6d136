/** The shapes the server sends and takes: one type per JSON object. No behaviour lives here. */
import type { Cluster, DemandRaised } from "./clusters";
import type { AlternativeChoice, HomeAdvice, MobilisingAdvice, MoveName, Stability } from "./advice";

export type Lonlat = [number, number];

export type ApplianceStatus = "available" | "mobilised" | "at_incident" | "returning" | "relocating" | "off_run";

export interface AreaName {
  area: string;
  name: string;
  kind?: "brigade" | "council";
  /** Of a council: the brigade on the same ground. */
  brigade?: string | null;
}

export interface Kind {
  id: string;
  name: string;
  first_target_s: number;
  second_target_s: number;
  two_needed: boolean;
  appliances: number;
}

export interface Station {
  id: string;
  name: string;
  lon: number;
  lat: number;
  bays: number;
  district: string | number;
}

export interface Region {
  area: string;
  name: string;
  generated: boolean;
  attribution: string;
  bbox: [number, number, number, number];
  timezone: string;
  kinds: Kind[];
  stations: Station[];
  appliances: { id: string; kind: string; home: string }[];
  zones: number;
}

export interface Order {
  to: string;
  plan_id: string;
  move_id: string;
  at: string;
}

export interface Appliance {
  id: string;
  kind: string;
  status: ApplianceStatus;
  station: string | null;
  home: string;
  incident: string | null;
  lon: number | null;
  lat: number | null;
  since: string | null;
  expected_at: string | null;
  ordered: Order | null;
}

export interface Incident {
  id: string;
  category: string;
  lon: number;
  lat: number;
  zone: number;
  opened_at: string;
  required: Record<string, number>;
  committed: string[];
  expected_stop: string | null;
  status: "open" | "stopped";
}

export type Action = "accept" | "reject" | "undo";
export type RejectReason =
  "crew_welfare" | "local_knowledge" | "planned_event" | "appliance_defect" | "too_far" | "other";

export interface Decision {
  decision_id: string;
  plan_id: string;
  move_id: string;
  appliance: string;
  from_station: string;
  to_station: string;
  action: Action;
  reason: RejectReason | null;
  operator: string;
  at: string;
}

export interface Counts {
  available: number;
  committed: number;
  moving: number;
  off_run: number;
  total: number;
  open_incidents: number;
}

export interface Picture {
  area: string;
  offset: number;
  /** Null before the first event. */
  as_of: string | null;
  digest: string;
  counts: Counts;
  appliances: Appliance[];
  incidents: Incident[];
  decisions: Decision[];
  /** Missing in pictures of older services. */
  clusters?: Cluster[];
}

export interface PictureDelta {
  offset: number;
  as_of: string;
  counts: Counts;
  appliances: Appliance[];
  incidents: Incident[];
  removed_incidents: string[];
  decisions: Decision[];
  /** All of them where any has changed; null or missing where none has. */
  clusters?: Cluster[] | null;
}

export interface GroundChange {
  station: string;
  seconds: number;
  demand_per_h: number;
}

export interface PlanMove {
  move_id: string;
  rank: number;
  appliance: string;
  kind: string;
  from_station: string;
  to_station: string;
  travel_s: number;
  route: Lonlat[];
  cost: number;
  contribution: number;
  first_share_gain: number;
  second_share_gain: number;
  gains: GroundChange[];
  loses: GroundChange[];
  reason: string;
  rule: string | null;
}

export interface Figures {
  risk: number;
  kinds: Record<string, { first_share: number; second_share: number }>;
  first_share: number;
  second_share: number;
}

export interface FrontierPoint {
  moves: number;
  move_ids: string[];
  objective: number;
  risk: number;
  first_share: number;
  second_share: number;
  /** How far from the best with this many moves; missing in plans of older services. */
  gap?: number | null;
  named?: MoveName[];
}

export type Certificate = "none" | "proven" | "time" | "cancelled";

export interface Plan {
  plan_id: string;
  revision: number;
  picture_offset: number;
  picture_time: string;
  published_at: string;
  certificate: Certificate;
  moves: PlanMove[];
  before: Figures;
  after: Figures;
  objective: number;
  bound: number | null;
  gap: number | null;
  frontier: FrontierPoint[];
  latency: { wait_ms: number; fold_ms: number; solve_ms: number; total_ms: number };
  oldest_event_at: string | null;
  // Null: not worked out for this revision. Missing in plans of older services.
  alternatives?: AlternativeChoice[] | null;
  home_advice?: HomeAdvice[] | null;
  mobilising?: MobilisingAdvice[] | null;
  stability?: Stability | null;
  /** Null or missing where demand is as usual. */
  demand_raised?: DemandRaised | null;
}

export interface Zones {
  plan_id: string;
  revision: number;
  kind: string;
  step_s: number;
  now_first: string;
  now_second: string;
  after_first: string;
  after_second: string;
  /** Empty, or missing in older services, where demand is as usual. */
  raised?: string;
}

export type HistoryPoint = [string, number, number];

export interface Snapshot {
  picture: Picture;
  plan: Plan | null;
  zones: Zones | null;
  history: HistoryPoint[];
  server_time: string;
}

export interface Beat {
  server_time: string;
  as_of: string | null;
  last_event_age_s: number | null;
  /** Since the plan shown was made; null before the first. */
  plan_age_s: number | null;
  degraded: string | null;
}

/** What comes on a brigade's stream, by name. */
export interface CoverMessages {
  snapshot: Snapshot;
  picture: PictureDelta;
  plan: Plan;
  zones: Zones;
  beat: Beat;
}

export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  errors?: { index?: number; field?: string; reason?: string }[];
}

export interface ZoneProperties {
  id: number;
  name: string;
  district: string | number;
  ground: string;
  demand_per_h: number;
}
