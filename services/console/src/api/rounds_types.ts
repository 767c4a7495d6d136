/** The shapes of a council's day, as the server sends and takes them: one type per JSON object. No behaviour. */
import type { Beat, Lonlat } from "./types";

export type Amounts = Record<string, number>;

export interface CouncilDepot {
  id: string;
  name: string;
  lon: number;
  lat: number;
}

export interface CouncilTip extends CouncilDepot {
  service_s?: number;
}

export interface CouncilVehicle {
  id: string;
  letter: string;
  depot: string;
  shift_start_s: number;
  shift_end_s: number;
  capacity: Amounts;
}

/** One entry of every list per stop. */
export interface CouncilStops {
  id: string[];
  street: string[];
  lon: number[];
  lat: number[];
  line: Lonlat[][];
  households: number[];
  service_s: number[];
}

export interface CouncilStreets {
  id: string[];
  name: string[];
  line: Lonlat[][];
}

export interface PastWeek {
  label: string;
  cost_per_collection: number;
  overtime_h: number;
  distance_km: number;
  missed_per_1000: number;
}

/** What does not change during the day. */
export interface Council {
  area: string;
  name: string;
  timezone: string;
  bbox: [number, number, number, number];
  generated: boolean;
  attribution: string;
  brigade: string | null;
  materials: string[];
  depots: CouncilDepot[];
  tips: CouncilTip[];
  vehicles: CouncilVehicle[];
  stops: CouncilStops;
  streets: CouncilStreets;
  past: PastWeek[];
}

export type VehicleStatus = "in_service" | "broken_down" | "off_road";

/** One vehicle's day: `begin_s` has one time per visit, in seconds of the local day; null where nobody can tell. */
export interface Round {
  vehicle: string;
  letter: string;
  status: VehicleStatus;
  done: number;
  visits: string[];
  begin_s: (number | null)[];
  finish_s: number | null;
  shift_end_s: number;
  overtime_s: number;
  load: Amounts;
  capacity: Amounts;
  next_tip: number | null;
  dist_m: number;
  drive_s: number;
  stops: number;
  stops_done: number;
  collections: number;
  collections_done: number;
  lonlat: Lonlat | null;
  delay_s: number;
}

export interface AddedStop {
  stop: string;
  lon: number;
  lat: number;
  origin: string | null;
  request: string | null;
}

export type ChangeKind = "request" | "breakdown" | "closure" | "cluster" | "edit" | "late";
export type ChangeStatus = "open" | "approved" | "dismissed" | "expired";

export interface Change {
  key: string;
  kind: ChangeKind;
  id: string;
  at: string;
  status: ChangeStatus;
  service: string | null;
  street: string | null;
  lon: number | null;
  lat: number | null;
  uprn: string | null;
  reports: number;
  conflict: string | null;
  touches: string[];
  vehicle: string | null;
  proposal: string | null;
  outcome: string | null;
  reason: string | null;
}

export type ClusterStatus = "unconfirmed" | "confirmed" | "dismissed";

export interface Cluster {
  cluster: string;
  category: string;
  lon: number;
  lat: number;
  radius_m: number;
  confidence: number;
  reports: number;
  reporters: number;
  status: ClusterStatus;
  first_at: string;
  last_at: string;
}

export interface Closure {
  closure: string;
  streets: string[];
  until: string | null;
}

export interface RoundsDecision {
  decision_id: string;
  action: "approve" | "adjust" | "dismiss" | "undo";
  cause: { kind: ChangeKind; id: string } | null;
  option: OptionKey | null;
  operator: string;
  at: string;
  undone: boolean;
  edit: string | null;
  vehicles: string[];
  /** Of an undo: the decision taken back. */
  undoes: string | null;
  undoable: boolean;
  /** Why it does not count; null where it does. */
  void: string | null;
}

export interface DayTotals {
  cost: number;
  cost_per_collection: number;
  overtime_s: number;
  dist_m: number;
  drive_s: number;
  missed_per_1000: number;
  collections: number;
  collections_done: number;
}

export interface Figures extends DayTotals {
  plan: DayTotals | null;
  past: PastWeek[];
}

/** The whole view of the day; `as_of` and `date` are null before the first event. */
export interface Day {
  offset: number;
  as_of: string | null;
  date: string | null;
  version: number;
  now_s: number;
  rounds: Round[];
  unserved: string[];
  added: AddedStop[];
  locks: Record<string, string>;
  skipped: string[];
  changes: Change[];
  clusters: Cluster[];
  closures: Closure[];
  decisions: RoundsDecision[];
  figures: Figures | null;
}

/** Only what changed; in `rounds` only the rounds that did. */
export type DayDelta = Partial<Day> & { offset: number };

export type OptionKey = "no_churn" | "little" | "free";

export interface PartFigures {
  drive_s: number;
  dist_m: number;
  overtime_s: number;
  late_s: number;
  unserved: number;
  cost: number;
}

export interface UnservedStop {
  stop: string;
  codes: string[];
  words: string;
  relaxation: string | null;
}

export interface RoundsOption {
  key: OptionKey;
  rounds: { vehicle: string; visits: string[] }[];
  after: PartFigures;
  placed: [string, string][];
  moved_stops: number;
  churn_share: number;
  unserved: UnservedStop[];
}

export interface RoundsProposal {
  proposal_id: string;
  revision: number;
  picture_offset: number;
  picture_time: string;
  published_at: string;
  cause: { kind: ChangeKind; id: string };
  day_version: number;
  touches: string[];
  before: PartFigures;
  options: RoundsOption[];
  final: boolean;
  solve_ms: number;
  event_to_plan_ms: number;
}

export interface RoundsSnapshot {
  day: Day;
  proposals: RoundsProposal[];
  server_time: string;
}

/** What comes on a council's stream, by name. */
export interface RoundsMessages {
  snapshot: RoundsSnapshot;
  day: DayDelta;
  proposal: RoundsProposal;
  beat: Beat;
}

/** The question what a move would cost; without `before` the best place in the round is found. */
export interface PriceQuestion {
  stop: string;
  vehicle: string;
  before?: string;
}

export interface Price {
  possible: boolean;
  cost: number | null;
  drive_s: number | null;
  finish_before_s: number | null;
  finish_after_s: number | null;
  codes: string[];
  words: string | null;
  relaxation: string | null;
}

export type Edit =
  | { kind: "move"; stop: string; vehicle: string; before?: string }
  | { kind: "skip" | "back" | "split" | "unlock"; stop: string }
  | { kind: "lock"; stop: string; vehicle: string }
  | { kind: "add"; service: string; lon: number; lat: number }
  | { kind: "add"; service: string; uprn: string }
  | { kind: "vehicle_off" | "vehicle_back"; vehicle: string };
