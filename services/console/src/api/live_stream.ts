/**
 * Keeps one EventSource open on an area's stream, and says how the connection is.
 * The browser reconnects by itself with Last-Event-ID; where it gives up (a closed source), a new one is
 * made with back-off. Never interprets what the messages mean.
 */
import type { Beat, PictureDelta, Plan, Snapshot, Zones } from "./types";

export type ConnectionState = "connecting" | "live" | "reconnecting" | "lost";

export interface StreamHandlers {
  snapshot(message: Snapshot): void;
  picture(message: PictureDelta): void;
  plan(message: Plan): void;
  zones(message: Zones): void;
  beat(message: Beat): void;
  connection(state: ConnectionState): void;
}

export const FIRST_BACKOFF_MS = 1_000;
export const LAST_BACKOFF_MS = 15_000;

/** Waiting time before attempt n (0, 1, …): doubles, and is bounded. */
export function backoffMs(attempt: number): number {
  return Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempt, 10));
}

export class LiveStream {
  private source: EventSource | null = null;
  private attempt = 0;
  private timer: number | undefined;

  constructor(
    private readonly url: string,
    private readonly handlers: StreamHandlers,
  ) {}

  open(): void {
    window.clearTimeout(this.timer);
    this.source?.close();
    const source = new EventSource(this.url);
    this.source = source;
    source.onopen = () => {
      this.attempt = 0;
      this.handlers.connection("live");
    };
    source.onerror = () => this.failed(source);
    this.listen<Snapshot>(source, "snapshot", (m) => this.handlers.snapshot(m));
    this.listen<PictureDelta>(source, "picture", (m) => this.handlers.picture(m));
    this.listen<Plan>(source, "plan", (m) => this.handlers.plan(m));
    this.listen<Zones>(source, "zones", (m) => this.handlers.zones(m));
    this.listen<Beat>(source, "beat", (m) => this.handlers.beat(m));
  }

  /** A stream that is open but silent for long is replaced: a dead middlebox does not report errors. */
  renew(): void {
    this.handlers.connection("reconnecting");
    this.open();
  }

  private listen<T>(source: EventSource, name: string, take: (message: T) => void): void {
    source.addEventListener(name, (event) => {
      if (this.source !== source) return;
      take(JSON.parse((event as MessageEvent<string>).data) as T);
    });
  }

  private failed(source: EventSource): void {
    if (this.source !== source) return;
    if (source.readyState !== EventSource.CLOSED) {
      this.handlers.connection("reconnecting");
      return;
    }
    this.handlers.connection("lost");
    const wait = backoffMs(this.attempt);
    this.attempt += 1;
    this.timer = window.setTimeout(() => this.open(), wait);
  }
}
