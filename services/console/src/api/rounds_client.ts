/**
 * Asks the server for a council's still parts, prices moves, and hands it a manager's decisions.
 * Called by the rounds view only. Never retries a decision: a person decides that.
 */
import { ApiProblem, getJson } from "./client";
import type { Council, Edit, OptionKey, Price, PriceQuestion } from "./rounds_types";

const REQUEST_TIMEOUT_MS = 15_000;
// The stops of a large council are megabytes.
const COUNCIL_TIMEOUT_MS = 60_000;

/** A refusal with the rule in the way and what would mend it, where the server names them. */
export class RoundsProblem extends ApiProblem {
  constructor(
    status: number,
    detail: string,
    readonly relaxation: string | null,
  ) {
    super(status, detail);
  }
}

interface RefusalBody {
  title?: string;
  detail?: string;
  words?: string;
  relaxation?: string | null;
}

export type ExportName = "rounds.gpx" | "rounds.geojson" | "rounds.csv" | "sheet.pdf";

export class RoundsClient {
  private readonly base: string;

  constructor(
    readonly area: string,
    root = "/api/v1/areas",
  ) {
    this.base = `${root}/${encodeURIComponent(area)}`;
  }

  get streamUrl(): string {
    return `${this.base}/stream`;
  }

  council(): Promise<Council> {
    return getJson<Council>(`${this.base}/council`, COUNCIL_TIMEOUT_MS);
  }

  exportUrl(name: ExportName, vehicle: string | null): string {
    const query = vehicle === null ? "" : `?vehicle=${encodeURIComponent(vehicle)}`;
    return `${this.base}/exports/${name}${query}`;
  }

  price(question: PriceQuestion, signal: AbortSignal): Promise<Price> {
    return this.post<Price>("rounds/price", question, signal);
  }

  edit(edit: Edit, operator: string): Promise<unknown> {
    return this.post("rounds/edits", { ...edit, operator });
  }

  approve(proposal: string, option: OptionKey, revision: number, operator: string): Promise<unknown> {
    const path = `rounds/proposals/${encodeURIComponent(proposal)}/decisions`;
    return this.post(path, { action: "approve", option, revision, operator });
  }

  dismiss(proposal: string, operator: string): Promise<unknown> {
    return this.post(`rounds/proposals/${encodeURIComponent(proposal)}/decisions`, { action: "dismiss", operator });
  }

  undo(decision: string, operator: string): Promise<unknown> {
    return this.post(`rounds/decisions/${encodeURIComponent(decision)}/undo`, { operator });
  }

  decideCluster(cluster: string, action: "confirm" | "dismiss" | "undo", operator: string): Promise<unknown> {
    return this.post(`clusters/${encodeURIComponent(cluster)}/decisions`, { action, operator });
  }

  private async post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const response = await fetch(`${this.base}/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (!response.ok) throw await refusalOf(response);
    return (await response.json()) as T;
  }
}

async function refusalOf(response: Response): Promise<RoundsProblem> {
  const status = `${response.status} ${response.statusText}`;
  try {
    const body = (await response.json()) as RefusalBody;
    return new RoundsProblem(response.status, body.words ?? body.detail ?? body.title ?? status, body.relaxation ?? null);
  } catch {
    // Not JSON: the status line is all there is to say.
    return new RoundsProblem(response.status, status, null);
  }
}
