import { describe, expect, it } from "vitest";
import type { Change, OptionKey, RoundsOption, RoundsProposal } from "../api/rounds_types";
import { optionOf, ProposalShelf } from "./proposal_shelf";

const figures = { drive_s: 100, dist_m: 100, overtime_s: 0, late_s: 0, unserved: 0, cost: 10 };

const option = (key: OptionKey, cost = 10): RoundsOption => ({
  key,
  rounds: [],
  after: { ...figures, cost },
  placed: [],
  moved_stops: 0,
  churn_share: 0,
  unserved: [],
});

const proposal = (revision: number, patch: Partial<RoundsProposal> = {}): RoundsProposal => ({
  proposal_id: "request-SR1-3",
  revision,
  picture_offset: 20,
  picture_time: "2025-06-06T09:00:00Z",
  published_at: "2025-06-06T09:00:00Z",
  cause: { kind: "request", id: "SR1" },
  day_version: 3,
  touches: [],
  before: figures,
  options: [option("no_churn", 10 - revision)],
  final: false,
  solve_ms: 1,
  event_to_plan_ms: 1,
  ...patch,
});

const change = (patch: Partial<Change> = {}) =>
  ({ key: "request:SR1", status: "open", proposal: null, ...patch }) as Change;

describe("the shelf of proposals", () => {
  it("shows the newest revision, whatever order they come in", () => {
    const shelf = new ProposalShelf();
    shelf.offer(proposal(2), null);
    shelf.offer(proposal(1), null);
    expect(shelf.of(change())?.revision).toBe(2);
  });

  it("lets a better answer wait while the manager is looking at an older one", () => {
    const shelf = new ProposalShelf();
    shelf.offer(proposal(0), null);
    shelf.offer(proposal(1), "request:SR1");
    expect(shelf.of(change())?.revision).toBe(0);
    expect(shelf.isWaiting("request:SR1")).toBe(true);
    expect(shelf.release("request:SR1")).toBe(false);
    expect(shelf.release(null)).toBe(true);
    expect(shelf.of(change())?.revision).toBe(1);
    expect(shelf.isWaiting("request:SR1")).toBe(false);
  });

  it("does not hold up a newer revision that says the same", () => {
    const shelf = new ProposalShelf();
    const first = proposal(0);
    shelf.offer(first, null);
    shelf.offer({ ...first, revision: 1, final: true }, "request:SR1");
    expect(shelf.isWaiting("request:SR1")).toBe(false);
    expect(shelf.of(change())?.final).toBe(true);
  });

  it("prefers a proposal on a newer day over a late revision on an older one", () => {
    const shelf = new ProposalShelf();
    shelf.offer(proposal(0, { proposal_id: "request-SR1-4", day_version: 4 }), null);
    shelf.offer(proposal(7), null);
    expect(shelf.of(change())?.day_version).toBe(4);
  });

  it("has no answer for a change that has been given a proposal not yet here", () => {
    const shelf = new ProposalShelf();
    shelf.offer(proposal(0), null);
    expect(shelf.of(change({ proposal: "request-SR1-3" }))?.revision).toBe(0);
    expect(shelf.of(change({ proposal: "request-SR1-4" }))).toBeNull();
  });

  it("starts anew with a snapshot, also with older revisions, and forgets what is no longer told of", () => {
    const shelf = new ProposalShelf();
    shelf.offer(proposal(5), null);
    shelf.reset([proposal(1)]);
    expect(shelf.of(change())?.revision).toBe(1);
    shelf.keepOnly(new Set());
    expect(shelf.of(change())).toBeNull();
  });

  it("falls back to the first answer where the chosen one is told no more", () => {
    const both = proposal(0, { options: [option("no_churn"), option("free")] });
    expect(optionOf(both, "free")?.key).toBe("free");
    expect(optionOf(both, "little")?.key).toBe("no_churn");
    expect(optionOf(proposal(0, { options: [] }), null)).toBeNull();
  });
});
