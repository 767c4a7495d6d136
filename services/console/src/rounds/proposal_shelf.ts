/**
 * The proposals on display: one for each cause, the newest revision, unless the manager is just looking at an older
 * one. Then the newer waits. Pure but for what it keeps; never sends, never draws.
 */
import type { Change, RoundsOption, RoundsProposal } from "../api/rounds_types";

export class ProposalShelf {
  private readonly shown = new Map<string, RoundsProposal>();
  private readonly waiting = new Map<string, RoundsProposal>();

  /** Replaces everything by what a snapshot holds. */
  reset(proposals: readonly RoundsProposal[]): void {
    this.shown.clear();
    this.waiting.clear();
    for (const proposal of proposals) this.offer(proposal, null);
  }

  /** Takes a proposal in; where `heldKey` is its cause, it waits. One older than what is known is left out. */
  offer(proposal: RoundsProposal, heldKey: string | null): void {
    const key = keyOf(proposal);
    const known = this.waiting.get(key) ?? this.shown.get(key);
    if (known && !isNewer(proposal, known)) return;
    const shown = this.shown.get(key);
    if (key === heldKey && shown && !sameAnswers(shown, proposal)) {
      this.waiting.set(key, proposal);
      return;
    }
    this.waiting.delete(key);
    this.shown.set(key, proposal);
  }

  /** Shows what waits, except of the cause that is held. Returns whether anything changed. */
  release(heldKey: string | null): boolean {
    let changed = false;
    for (const [key, proposal] of this.waiting) {
      if (key === heldKey) continue;
      this.waiting.delete(key);
      this.shown.set(key, proposal);
      changed = true;
    }
    return changed;
  }

  isWaiting(key: string): boolean {
    return this.waiting.has(key);
  }

  /** The proposal for a change; none where the change has been given a newer one that has not come yet. */
  of(change: Change): RoundsProposal | null {
    const proposal = this.shown.get(change.key) ?? null;
    if (proposal === null || change.proposal === null) return proposal;
    const next = this.waiting.get(change.key);
    return proposal.proposal_id === change.proposal || next?.proposal_id === change.proposal ? proposal : null;
  }

  /** Forgets the causes that are no longer told of. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const map of [this.shown, this.waiting]) {
      for (const key of map.keys()) if (!keys.has(key)) map.delete(key);
    }
  }
}

export function keyOf(proposal: RoundsProposal): string {
  return `${proposal.cause.kind}:${proposal.cause.id}`;
}

function isNewer(a: RoundsProposal, b: RoundsProposal): boolean {
  if (a.day_version !== b.day_version) return a.day_version > b.day_version;
  if (a.proposal_id !== b.proposal_id) return a.picture_offset >= b.picture_offset;
  return a.revision > b.revision;
}

/** Whether a newer revision says the same: then nothing is swapped under the manager's eye. */
function sameAnswers(a: RoundsProposal, b: RoundsProposal): boolean {
  return (
    a.proposal_id === b.proposal_id &&
    JSON.stringify([a.before, a.options]) === JSON.stringify([b.before, b.options])
  );
}

/** The answer with a key, else the first: options with the same rounds are told once. */
export function optionOf(proposal: RoundsProposal, key: string | null): RoundsOption | null {
  return proposal.options.find((o) => o.key === key) ?? proposal.options[0] ?? null;
}
