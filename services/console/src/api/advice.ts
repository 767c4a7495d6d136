/**
 * The shapes of advice beyond the recommended moves: other choices, coming home, going out, what if.
 * One type per JSON object; no behaviour lives here.
 */
import type { GroundChange, Plan, Zones } from "./types";

/** A move as it is named in a choice that is not the recommended plan: no route, no effects by ground. */
export interface MoveName {
  move_id: string;
  appliance: string;
  kind: string;
  from_station: string;
  to_station: string;
  travel_s: number;
  cost: number;
}

export interface AlternativeChoice {
  moves: MoveName[];
  objective: number;
  risk: number;
  first_share: number;
  second_share: number;
}

/** Whether an appliance away from home goes home or stays; gains and losses are those of its going home. */
export interface HomeAdvice {
  appliance: string;
  kind: string;
  station: string;
  home: string;
  action: "return" | "stay";
  risk_change: number;
  /** Null where going home has no price: the appliance may not leave, or home is full. */
  cost: number | null;
  gains: GroundChange[];
  loses: GroundChange[];
}

export interface MobilisedAppliance {
  appliance: string;
  kind: string;
  station: string;
  attendance_s: number;
}

export interface MobilisingChoice {
  appliances: MobilisedAppliance[];
  risk_after: number;
  first_s: number | null;
  second_s: number | null;
  rise: number;
}

/** Which appliances to send to an incident: nearest first, next to the choice that costs cover least. */
export interface MobilisingAdvice {
  incident: string;
  short: Record<string, number>;
  risk_before: number;
  nearest: MobilisingChoice;
  least_cover: MobilisingChoice;
}

/** Accepted moves of the last 24 hours, and how many of them undid a recent one. */
export interface Stability {
  moves: number;
  reversals: number;
  per_100: number;
}

export interface WhatIfRequest {
  incident?: { lon: number; lat: number };
  appliances_required?: Record<string, number>;
  off_run?: string[];
}

export interface WhatIfAnswer {
  plan: Plan;
  zones: Zones | null;
  live_plan_id: string | null;
  picture_offset: number;
  mobilising: MobilisingAdvice | null;
  solve_ms: number;
}
