/**
 * Asks the process that served this page how it is: `/metrics` and `/readyz`.
 * Called by the Engine room only. Changes nothing at the service.
 */

const REQUEST_TIMEOUT_MS = 10_000;

export interface Readiness {
  status: string;
  areas: Readonly<Record<string, string>>;
}

export class EngineClient {
  async metrics(): Promise<string> {
    const response = await fetch("/metrics", { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS), cache: "no-store" });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return response.text();
  }

  /** Not ready is an answer too (503), not a failure. */
  async readiness(): Promise<Readiness> {
    const response = await fetch("/readyz", { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS), cache: "no-store" });
    if (!response.ok && response.status !== 503) throw new Error(`${response.status} ${response.statusText}`);
    return (await response.json()) as Readiness;
  }
}
