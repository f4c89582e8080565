/** Runs one task at a time, the newest: an older one is told to stop, and what it still brings is dropped. */
export class Latest {
  private running: AbortController | null = null;

  /**
   * Run a task in place of the one that may be running.
   *
   * Returns what the task brings, or undefined if a newer one took its place meanwhile.
   */
  async run<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    this.stop();
    const mine = new AbortController();
    this.running = mine;
    try {
      const brought = await task(mine.signal);
      return mine.signal.aborted ? undefined : brought;
    } catch (thrown) {
      if (mine.signal.aborted) return undefined;
      throw thrown;
    } finally {
      if (this.running === mine) this.running = null;
    }
  }

  /** Stop the task that is running, if any. */
  stop(): void {
    this.running?.abort();
    this.running = null;
  }
}
