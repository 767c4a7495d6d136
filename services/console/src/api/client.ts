/**
 * Asks the server for what does not stream, and hands it decisions.
 * Called by main, by the decisions desk and by the what-if desk. Never retries a decision: a person decides that.
 */
import type { WhatIfAnswer, WhatIfRequest } from "./advice";
import type { ClusterAction } from "./clusters";
import type { Action, AreaName, Problem, Region, RejectReason } from "./types";

const REQUEST_TIMEOUT_MS = 15_000;
// The zones of a large region are megabytes; a slow link may need longer.
const GEOMETRY_TIMEOUT_MS = 60_000;

/** A refusal by the server, in its own words. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
  ) {
    super(detail);
  }
}

export type Geometry = "zones" | "roads" | "boundary" | "districts";

export interface DecisionRequest {
  planId: string;
  /** The revision the officer saw the move in, or null where it was seen in none. */
  revision: number | null;
  moveId: string;
  action: Action;
  reason: RejectReason | null;
  operator: string;
}

async function problemOf(response: Response): Promise<ApiProblem> {
  let detail = `${response.status} ${response.statusText}`;
  try {
    const body = (await response.json()) as Problem;
    detail = body.detail ?? body.title ?? detail;
  } catch {
    // Not JSON: the status line is all there is to say.
  }
  return new ApiProblem(response.status, detail);
}

export async function getJson<T>(path: string, timeoutMs: number): Promise<T> {
  const response = await fetch(path, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}

export class ApiClient {
  constructor(private readonly base = "/api/v1/areas") {}

  async areas(): Promise<AreaName[]> {
    return (await getJson<{ areas: AreaName[] }>(this.base, REQUEST_TIMEOUT_MS)).areas;
  }

  region(area: string): Promise<Region> {
    return getJson<Region>(`${this.base}/${encodeURIComponent(area)}/region`, REQUEST_TIMEOUT_MS);
  }

  geometry(area: string, what: Geometry): Promise<GeoJSON.FeatureCollection> {
    return getJson(this.geometryPath(area, what), GEOMETRY_TIMEOUT_MS);
  }

  geometryPath(area: string, what: Geometry): string {
    return `${this.base}/${encodeURIComponent(area)}/region/${what}`;
  }

  streamUrl(area: string): string {
    return `${this.base}/${encodeURIComponent(area)}/stream`;
  }

  /** Asks what would be; changes nothing at the service. `signal` gives an older question up. */
  async whatIf(area: string, request: WhatIfRequest, signal: AbortSignal): Promise<WhatIfAnswer> {
    const response = await fetch(`${this.base}/${encodeURIComponent(area)}/what-if`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(request),
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    if (!response.ok) throw await problemOf(response);
    return (await response.json()) as WhatIfAnswer;
  }

  /** A person's word on a cluster of reports. */
  async decideCluster(area: string, cluster: string, action: ClusterAction, operator: string): Promise<void> {
    const path = `${this.base}/${encodeURIComponent(area)}/clusters/${encodeURIComponent(cluster)}/decisions`;
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ action, operator }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (!response.ok) throw await problemOf(response);
  }

  async decide(area: string, request: DecisionRequest): Promise<void> {
    const path = `${this.base}/${encodeURIComponent(area)}/cover/${encodeURIComponent(request.planId)}/decisions`;
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        move_id: request.moveId,
        revision: request.revision,
        action: request.action,
        reason: request.reason,
        operator: request.operator,
      }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (!response.ok) throw await problemOf(response);
  }
}
