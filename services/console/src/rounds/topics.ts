/** Tells listeners what changed: many changes together, once in a frame's time. Knows nothing of what they are. */

// Not tied to animation frames: a slow graphics card, or a window in the background, must not hold up the words.
const FLUSH_MS = 16;

export class Topics<Topic extends string> {
  private readonly dirty = new Set<Topic>();
  private readonly listeners: { topics: readonly Topic[]; run: () => void }[] = [];
  private timer: number | undefined;

  on(topics: readonly Topic[], run: () => void): void {
    this.listeners.push({ topics, run });
  }

  changed(...topics: Topic[]): void {
    for (const topic of topics) this.dirty.add(topic);
    this.timer ??= window.setTimeout(() => this.flush(), FLUSH_MS);
  }

  private flush(): void {
    this.timer = undefined;
    const topics = new Set(this.dirty);
    this.dirty.clear();
    for (const listener of this.listeners) {
      if (listener.topics.some((t) => topics.has(t))) listener.run();
    }
  }
}
