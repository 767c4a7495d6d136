/**
 * Asks for the price of a move while it is being considered: the newest question only, and no more often than the
 * service should be asked. An answer to an older question is dropped. Never decides.
 */
import type { Price, PriceQuestion } from "../api/rounds_types";

export const ASK_EVERY_MS = 160;

export type PriceState =
  | { stage: "none" }
  | { stage: "asking"; question: PriceQuestion; last: Price | null }
  | { stage: "priced"; question: PriceQuestion; price: Price }
  | { stage: "failed"; question: PriceQuestion; why: string };

export class PriceDesk {
  state: PriceState = { stage: "none" };
  private asked = "";
  private lastMs = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private giveUp: AbortController | null = null;

  constructor(
    private readonly price: (question: PriceQuestion, signal: AbortSignal) => Promise<Price>,
    private readonly changed: () => void,
    private readonly failure: (error: unknown) => string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  consider(question: PriceQuestion): void {
    const name = JSON.stringify(question);
    if (name === this.asked) return;
    this.asked = name;
    this.state = { stage: "asking", question, last: this.state.stage === "priced" ? this.state.price : null };
    this.changed();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(question, name), Math.max(0, this.lastMs + ASK_EVERY_MS - this.now()));
  }

  forget(): void {
    clearTimeout(this.timer);
    this.giveUp?.abort();
    this.asked = "";
    if (this.state.stage === "none") return;
    this.state = { stage: "none" };
    this.changed();
  }

  private async ask(question: PriceQuestion, name: string): Promise<void> {
    this.lastMs = this.now();
    this.giveUp?.abort();
    const giveUp = new AbortController();
    this.giveUp = giveUp;
    try {
      const price = await this.price(question, giveUp.signal);
      if (this.asked === name) this.state = { stage: "priced", question, price };
    } catch (error) {
      if (this.asked !== name || giveUp.signal.aborted) return;
      this.state = { stage: "failed", question, why: this.failure(error) };
    }
    if (this.asked === name) this.changed();
  }
}
