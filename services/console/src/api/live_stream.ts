/**
 * Keeps one EventSource open on an area's stream, and says how the connection is.
 * The browser reconnects by itself with Last-Event-ID; where it gives up (a closed source), a new one is
 * made with back-off. Never interprets what the messages mean.
 */
export type ConnectionState = "connecting" | "live" | "reconnecting" | "lost";

/** What is done with each message, by the name it has on the stream. */
export type Messages<T> = { [Name in keyof T]: (message: T[Name]) => void };

export const FIRST_BACKOFF_MS = 1_000;
export const LAST_BACKOFF_MS = 15_000;

/** Waiting time before attempt n (0, 1, …): doubles, and is bounded. */
export function backoffMs(attempt: number): number {
  return Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempt, 10));
}

export class LiveStream<T extends object> {
  private source: EventSource | null = null;
  private attempt = 0;
  private timer: number | undefined;

  constructor(
    private readonly url: string,
    private readonly messages: Messages<T>,
    private readonly connection: (state: ConnectionState) => void,
  ) {}

  open(): void {
    window.clearTimeout(this.timer);
    this.source?.close();
    const source = new EventSource(this.url);
    this.source = source;
    source.onopen = () => {
      this.attempt = 0;
      this.connection("live");
    };
    source.onerror = () => this.failed(source);
    for (const name of Object.keys(this.messages) as (keyof T & string)[]) this.listen(source, name);
  }

  /** A stream that is open but silent for long is replaced: a dead middlebox does not report errors. */
  renew(): void {
    this.connection("reconnecting");
    this.open();
  }

  private listen<Name extends keyof T & string>(source: EventSource, name: Name): void {
    source.addEventListener(name, (event) => {
      if (this.source !== source) return;
      this.messages[name](JSON.parse((event as MessageEvent<string>).data) as T[Name]);
    });
  }

  private failed(source: EventSource): void {
    if (this.source !== source) return;
    if (source.readyState !== EventSource.CLOSED) {
      this.connection("reconnecting");
      return;
    }
    this.connection("lost");
    const wait = backoffMs(this.attempt);
    this.attempt += 1;
    this.timer = window.setTimeout(() => this.open(), wait);
  }
}
