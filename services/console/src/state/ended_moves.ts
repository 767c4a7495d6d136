/**
 * How accepted moves ended, as this console has seen it: one that was called away before it arrived is told from one
 * that had arrived long before. Keeps both on the screen for a while. Never draws.
 */
import type { UnderWay } from "./move_progress";

// A simulated day runs fast: an ending stays this long on the screen, whatever the picture's time does.
export const ENDED_ON_SCREEN_MS = 60_000;

export class EndedMoves {
  /** Decisions last seen ordered, told or on the way. */
  private readonly moving = new Set<string>();
  private readonly endedMs = new Map<string, number>();

  /** Takes what all accepted moves are doing now, whether the list of moves shows them or not. */
  note(items: readonly UnderWay[], nowMs: number): void {
    for (const { decisionId, progress } of items) {
      const ended = progress.phase === "arrived" || progress.phase === "overtaken";
      if (!ended) {
        this.moving.add(decisionId);
        this.endedMs.delete(decisionId);
      } else if (!this.endedMs.has(decisionId)) this.endedMs.set(decisionId, nowMs);
      if (progress.phase === "arrived") this.moving.delete(decisionId);
    }
  }

  /** Whether it ended so lately that it still stands on the screen. */
  isFresh(decisionId: string, nowMs: number): boolean {
    return nowMs - (this.endedMs.get(decisionId) ?? -Infinity) < ENDED_ON_SCREEN_MS;
  }

  /** Whether it is to be listed: one that is overtaken only where it was under way, and for a while. */
  isListed({ decisionId, progress }: UnderWay, nowMs: number): boolean {
    return progress.phase !== "overtaken" || (this.moving.has(decisionId) && this.isFresh(decisionId, nowMs));
  }
}
