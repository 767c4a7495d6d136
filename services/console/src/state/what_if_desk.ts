/**
 * The what-if desk: takes what an officer supposes, asks the service, keeps the newest answer beside the live picture.
 * An older question is given up when a newer one is asked. Never decides and never changes anything live.
 */
import { ApiProblem, type ApiClient } from "../api/client";
import { words } from "../words/catalogue";
import { decodeZones } from "../zones/bands";
import type { ConsoleModel } from "./console_model";
import {
  answered,
  asking,
  emptied,
  failed,
  fresh,
  pictureMark,
  requestOf,
  withNeed,
  withOffRun,
  withPlace,
  type Mode,
  type Place,
  type WhatIf,
} from "./what_if";

// Several presses of a stepper are one question.
const ASK_AFTER_MS = 300;
const OLDER_SERVICE = [404, 405, 501];
const BUSY = [429, 503];
const FORBIDDEN = [401, 403];

export class WhatIfDesk {
  private timer: number | undefined;
  private current: AbortController | null = null;

  constructor(
    private readonly model: ConsoleModel,
    private readonly client: ApiClient,
  ) {}

  get isOpen(): boolean {
    return this.model.whatIf !== null;
  }

  open(mode: Mode = "incident"): void {
    const state = this.model.whatIf ?? fresh(this.model.region.kinds);
    this.set({ ...state, mode });
  }

  /** Returns whether it was open. */
  close(): boolean {
    if (this.model.whatIf === null) return false;
    this.giveUp();
    this.model.setWhatIf(null);
    return true;
  }

  toggle(): void {
    if (!this.close()) this.open();
  }

  setMode(mode: Mode): void {
    this.change((state) => ({ ...state, mode, station: null }), false);
  }

  /** The map was pressed: the incident stands here. */
  place(place: Place): void {
    this.change((state) => withPlace(state, place));
  }

  clearPlace(): void {
    this.change((state) => withPlace(state, null));
  }

  need(kind: string, count: number): void {
    this.change((state) => withNeed(state, kind, count));
  }

  /** A digit: that many of the region's first kind. */
  needFirst(count: number): void {
    this.need(this.model.kind.id, count);
  }

  toggleOffRun(appliance: string): void {
    if (this.model.picture?.appliances.has(appliance)) this.change((state) => withOffRun(state, appliance));
  }

  offerStation(station: string): void {
    this.change((state) => ({ ...state, station }), false);
  }

  toggleZones(): void {
    this.change((state) => ({ ...state, zonesOnMap: !state.zonesOnMap && state.answered?.zones != null }), false);
  }

  /** Asks now, also what has been asked before: the live picture may have moved on. */
  ask(): void {
    this.giveUp();
    const state = this.model.whatIf;
    const request = state && requestOf(state.question);
    if (!state || !request) return;
    this.set(asking(state));
    void this.send(state, request);
  }

  private async send(state: WhatIf, request: NonNullable<ReturnType<typeof requestOf>>): Promise<void> {
    const current = new AbortController();
    this.current = current;
    const mark = pictureMark(this.model.picture);
    try {
      const answer = await this.client.whatIf(this.model.region.area, request, current.signal);
      const zones = answer.zones ? decodeZones(answer.zones) : null;
      const live = this.model.latestPlan?.before ?? null;
      this.settle(current, (now) => answered(now, { question: state.question, answer, zones, live, mark }));
    } catch (error) {
      this.settle(current, (now) => failed(now, failureWords(error)));
    }
  }

  private settle(current: AbortController, next: (now: WhatIf) => WhatIf): void {
    const now = this.model.whatIf;
    if (this.current !== current || !now) return;
    this.current = null;
    this.set(next(now));
  }

  /** Changes the sheet; a changed question is asked when the officer pauses. */
  private change(next: (state: WhatIf) => WhatIf, asks = true): void {
    const before = this.model.whatIf;
    if (!before) return;
    const state = next(before);
    if (!asks || state === before) return this.set(state);
    this.giveUp();
    if (requestOf(state.question) === null) return this.set(emptied(state));
    this.set(asking(state));
    this.timer = window.setTimeout(() => this.ask(), ASK_AFTER_MS);
  }

  private giveUp(): void {
    window.clearTimeout(this.timer);
    this.current?.abort();
    this.current = null;
  }

  private set(state: WhatIf): void {
    this.model.setWhatIf(state);
  }
}

/** Why there is no answer, and what to do about it. */
export function failureWords(error: unknown): string {
  const say = words.whatIf.failure;
  if (error instanceof ApiProblem) {
    if (OLDER_SERVICE.includes(error.status)) return say.older;
    if (BUSY.includes(error.status)) return say.busy(error.detail);
    if (FORBIDDEN.includes(error.status)) return say.forbidden(error.detail);
    return error.status >= 500 ? say.broken(error.detail) : say.refused(error.detail);
  }
  if (error instanceof DOMException && error.name === "TimeoutError") return say.noAnswer;
  return say.unreachable;
}
