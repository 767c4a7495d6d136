/**
 * What every drawing of the overlay needs: the canvas, the colours, places on the screen, and labels that do not
 * cover one another. Never knows what it draws.
 */
import type { Palette } from "./palette";

export const FONT =
  '"Inter", "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, "DejaVu Sans", sans-serif';

export interface Hit {
  kind: "station" | "incident" | "appliance";
  id: string;
  x: number;
  y: number;
  radius: number;
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface LabelStyle {
  colour: string;
  size: number;
  bold?: boolean;
  /** Filled plate behind the text, for what must be read at once. */
  plate?: string;
}

const PLATE_PADDING_PX = 5;

export class Pen {
  readonly hits: Hit[] = [];
  private readonly taken: Box[] = [];

  constructor(
    readonly ctx: CanvasRenderingContext2D,
    readonly palette: Palette,
    readonly project: (lon: number, lat: number) => { x: number; y: number },
    readonly zoom: number,
    readonly width: number,
    readonly height: number,
  ) {}

  onScreen(x: number, y: number, margin = 40): boolean {
    return x > -margin && y > -margin && x < this.width + margin && y < this.height + margin;
  }

  /** Grows from `small` at the zoom of a whole city to `large` in the streets. */
  scaled(small: number, large: number): number {
    const part = Math.min(1, Math.max(0, (this.zoom - 9.5) / 4));
    return small + (large - small) * part;
  }

  /** Keeps a place free of labels. */
  occupy(x: number, y: number, halfWidth: number, halfHeight = halfWidth): void {
    this.taken.push({ x: x - halfWidth, y: y - halfHeight, width: 2 * halfWidth, height: 2 * halfHeight });
  }

  text(text: string, x: number, y: number, style: LabelStyle, align: CanvasTextAlign = "center"): void {
    const { ctx } = this;
    ctx.font = `${style.bold ? 700 : 500} ${style.size}px ${FONT}`;
    ctx.textAlign = align;
    ctx.textBaseline = "middle";
    if (!style.plate) {
      ctx.strokeStyle = this.palette.halo;
      ctx.lineWidth = 3;
      ctx.lineJoin = "round";
      ctx.strokeText(text, x, y);
    }
    ctx.fillStyle = style.colour;
    ctx.fillText(text, x, y);
  }

  /** Writes a label beside a point where it covers nothing; leaves it out when there is no room, unless forced. */
  label(text: string, x: number, y: number, gap: number, style: LabelStyle, forced = false): boolean {
    this.ctx.font = `${style.bold ? 700 : 500} ${style.size}px ${FONT}`;
    const width = this.ctx.measureText(text).width + (style.plate ? 2 * PLATE_PADDING_PX : 2);
    const height = style.size + (style.plate ? 8 : 4);
    const places: Box[] = [
      { x: x + gap, y: y - height / 2, width, height },
      { x: x - gap - width, y: y - height / 2, width, height },
      { x: x - width / 2, y: y + gap, width, height },
      { x: x - width / 2, y: y - gap - height, width, height },
      { x: x + gap, y: y + gap, width, height },
      { x: x + gap, y: y - gap - height, width, height },
      { x: x - gap - width, y: y + gap, width, height },
      { x: x - gap - width, y: y - gap - height, width, height },
    ];
    const box = places.find((p) => this.free(p)) ?? (forced ? places[0] : undefined);
    if (!box) return false;
    this.taken.push(box);
    if (style.plate) this.plate(box, style.plate, style.colour);
    this.text(text, box.x + box.width / 2, box.y + box.height / 2 + 0.5, style);
    return true;
  }

  private plate(box: Box, fill: string, edge: string): void {
    const { ctx } = this;
    ctx.beginPath();
    ctx.roundRect(box.x, box.y, box.width, box.height, 4);
    ctx.fillStyle = fill;
    ctx.fill();
    ctx.strokeStyle = edge;
    ctx.lineWidth = 1;
    ctx.stroke();
  }

  private free(box: Box): boolean {
    if (box.x < 2 || box.y < 2 || box.x + box.width > this.width - 2 || box.y + box.height > this.height - 2)
      return false;
    return !this.taken.some(
      (t) => box.x < t.x + t.width && t.x < box.x + box.width && box.y < t.y + t.height && t.y < box.y + box.height,
    );
  }
}
