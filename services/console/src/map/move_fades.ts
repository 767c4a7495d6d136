/** Remembers how far each move's arrow has faded in or out, so that a replaced plan never jumps. Never draws. */
import type { PlanMove } from "../api/types";

const FADE_MS = 350;

interface Fade {
  move: PlanMove;
  alpha: number;
  wanted: 0 | 1;
}

export class MoveFades {
  private readonly fades = new Map<string, Fade>();
  private lastMs = 0;

  want(moves: readonly PlanMove[]): void {
    const ids = new Set(moves.map((m) => m.move_id));
    for (const [id, fade] of this.fades) if (!ids.has(id)) fade.wanted = 0;
    for (const move of moves) {
      const alpha = this.fades.get(move.move_id)?.alpha ?? 0;
      this.fades.set(move.move_id, { move, alpha, wanted: 1 });
    }
  }

  /** Moves on in time; returns whether anything still fades. */
  step(nowMs: number): boolean {
    const part = Math.min(1, (nowMs - this.lastMs) / FADE_MS);
    this.lastMs = nowMs;
    let active = false;
    for (const [id, fade] of this.fades) {
      if (fade.alpha === fade.wanted) continue;
      fade.alpha = fade.wanted === 1 ? Math.min(1, fade.alpha + part) : Math.max(0, fade.alpha - part);
      if (fade.alpha === 0) this.fades.delete(id);
      active = true;
    }
    return active;
  }

  /** Arrows to draw, fading ones first, so that those that stay lie on top. */
  list(): { move: PlanMove; alpha: number }[] {
    return [...this.fades.values()].sort((a, b) => a.wanted - b.wanted || b.move.rank - a.move.rank);
  }
}
