/** A stop being dragged on the time-line: from where, over which round and before which visit. Prices while it moves. */
import type { PriceQuestion } from "../api/rounds_types";
import type { PriceDesk } from "./price_desk";
import type { Block, Row } from "./timeline_rows";
import { visitAfter } from "./timeline_scale";

// A press that moves less than this is a click.
const CLICK_PX = 4;

export interface Grip {
  stop: string;
  fromRow: Row;
  block: Block;
  startX: number;
  startY: number;
}

export class TimelineDrag {
  private grip: Grip | null = null;
  private question: PriceQuestion | null = null;
  at: { x: number; y: number } | null = null;
  overVehicle: string | null = null;

  constructor(private readonly prices: PriceDesk) {}

  press(grip: Grip): void {
    this.grip = grip;
  }

  /** Whether a stop is held and has left its place. */
  get active(): boolean {
    return this.at !== null;
  }

  get stop(): string | null {
    return this.grip?.stop ?? null;
  }

  /** The pointer moved over `row` at `seconds` of the day. Returns whether a drag is under way. */
  move(x: number, y: number, row: Row | null, seconds: number): boolean {
    const { grip } = this;
    if (!grip) return false;
    if (this.at === null && Math.hypot(x - grip.startX, y - grip.startY) < CLICK_PX) return false;
    this.at = { x, y };
    this.overVehicle = row?.round.vehicle ?? null;
    if (!row) {
      this.question = null;
      this.prices.forget();
      return true;
    }
    const own = row.round.vehicle === grip.fromRow.round.vehicle ? grip.block.index : -1;
    const before = visitAfter(row.blocks, seconds, own);
    this.question = { stop: grip.stop, vehicle: row.round.vehicle, ...(before === undefined ? {} : { before }) };
    this.prices.consider(this.question);
    return true;
  }

  /** Lets go. Returns the move meant, or null where nothing was dragged or it can be seen not to be possible. */
  drop(): PriceQuestion | null {
    const { question } = this;
    const refused = this.prices.state.stage === "priced" && !this.prices.state.price.possible;
    const meant = this.active && question !== null && !refused ? question : null;
    this.cancel();
    return meant;
  }

  cancel(): boolean {
    const was = this.grip !== null;
    this.grip = null;
    this.question = null;
    this.at = null;
    this.overVehicle = null;
    if (was) this.prices.forget();
    return was;
  }
}
