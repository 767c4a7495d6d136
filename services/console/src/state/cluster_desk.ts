/**
 * What an officer says of reports from the public, by key or by click: selects, confirms, dismisses, takes back.
 * Sends once, and remembers what is under way or refused until the picture shows it. Never decides by itself.
 */
import { ApiProblem, type ApiClient } from "../api/client";
import type { Cluster, ClusterAction } from "../api/clusters";
import { words } from "../words/catalogue";
import { listed, nextOf, possible } from "./clusters";
import type { ConsoleModel } from "./console_model";
import { operatorName } from "./operator";

const REFUSED_KEPT_MS = 20_000;

export interface ClusterPending {
  action: ClusterAction;
  /** Why it did not go through; null while it is being sent. */
  refused: string | null;
}

/** What guards everything that is sent; see `Commands`. */
export interface SendGuard {
  maySend(byKey: boolean): boolean;
}

export class ClusterDesk {
  private readonly pendings = new Map<string, ClusterPending>();

  constructor(
    private readonly model: ConsoleModel,
    private readonly client: Pick<ApiClient, "decideCluster">,
    private readonly guard: SendGuard,
  ) {}

  pending(cluster: string): ClusterPending | undefined {
    return this.pendings.get(cluster);
  }

  select(cluster: string): void {
    this.model.selectCluster(cluster);
  }

  /** Selects the next report; says so where there is none. */
  next(): void {
    const next = nextOf(this.clusters, this.model.selectedClusterId);
    if (next) this.select(next.cluster);
    else this.model.notify(words.clusters.none);
  }

  /** By key: about the selected report, and only once it has been selected, so that none is judged unseen. */
  actOnSelected(action: ClusterAction): void {
    const selected = this.clusters.find((c) => c.cluster === this.model.selectedClusterId);
    if (selected) return void this.act(selected.cluster, action, true);
    const first = listed(this.clusters).find((c) => possible(c).includes(action));
    if (!first) return this.model.notify(words.clusters.none);
    this.select(first.cluster);
    this.model.notify(words.clusters.lookFirst);
  }

  /** Sends one word on a report. Resolves when it was taken or refused; false where it was not taken. */
  async act(id: string, action: ClusterAction, byKey = false): Promise<boolean> {
    const cluster = this.clusters.find((c) => c.cluster === id);
    const refusal = cluster ? whyNot(cluster, action) : words.clusters.gone;
    if (refusal !== null) {
      this.model.notify(refusal);
      return false;
    }
    const sending = this.pendings.get(id)?.refused === null;
    if (sending || !this.guard.maySend(byKey)) return false;
    const pending: ClusterPending = { action, refused: null };
    this.note(id, pending);
    try {
      await this.client.decideCluster(this.model.region.area, id, action, operatorName());
      this.forget(id, pending);
      return true;
    } catch (error) {
      this.note(id, { action, refused: refusalWords(error, action) }, REFUSED_KEPT_MS);
      return false;
    }
  }

  private get clusters(): readonly Cluster[] {
    return this.model.picture?.clusters ?? [];
  }

  private note(id: string, pending: ClusterPending, keptMs?: number): void {
    this.pendings.set(id, pending);
    if (keptMs !== undefined) window.setTimeout(() => this.forget(id, pending), keptMs);
    this.model.changed("clusters");
  }

  private forget(id: string, pending: ClusterPending): void {
    if (this.pendings.get(id) !== pending) return;
    this.pendings.delete(id);
    this.model.changed("clusters");
  }
}

function whyNot(cluster: Cluster, action: ClusterAction): string | null {
  if (possible(cluster).includes(action)) return null;
  return action === "undo" ? words.clusters.nothingToUndo : words.clusters.already(words.clusters.status[cluster.status]);
}

function refusalWords(error: unknown, action: ClusterAction): string {
  if (error instanceof ApiProblem) return words.phases.refused(error.detail);
  if (error instanceof DOMException && error.name === "TimeoutError") return words.phases.noAnswer;
  return words.clusters.unreachable[action];
}
