/**
 * Whether what a key would decide on can be seen, and how far to scroll so that it can. Pure: spans in pixels.
 */

/** From top to bottom, in the window's pixels. */
export interface Span {
  top: number;
  bottom: number;
}

export interface Seen {
  /** From the card's head to its buttons: what must be seen before a key may decide. */
  needed: Span;
  head: Span;
  /** What of the list is inside the window. */
  view: Span;
}

// Browsers place boxes at fractions of a pixel.
const TOLERANCE_PX = 1;

const height = (span: Span) => span.bottom - span.top;

function inside(span: Span, view: Span): boolean {
  return span.top >= view.top - TOLERANCE_PX && span.bottom <= view.bottom + TOLERANCE_PX;
}

/** True where head and buttons are in view; in a view too low for both, the head is enough. */
export function inSight({ needed, head, view }: Seen): boolean {
  if (height(view) <= 0) return false;
  return inside(needed, view) || (height(needed) > height(view) && inside(head, view));
}

/** How far to scroll down (negative: up) to bring a span fully into view; its top first where it is too tall. */
export function scrollBy(span: Span, view: Span): number {
  if (span.top < view.top || height(span) > height(view)) return span.top - view.top;
  return Math.max(0, span.bottom - view.bottom);
}

/** Answers for the list of moves: can the officer see this one? Shows it where not. */
export interface Sight {
  isSeen(moveId: string): boolean;
  bringIntoView(moveId: string): void;
}
