"""A plan that decisions may refer to: its newest revision, and the moves that any of its revisions named.

Kept by `services.area_state`, read by `services.decisions`. An officer may decide on a choice previewed from
an earlier revision: the move stays known, and so does which revisions named it.
"""

from streams.cover_advice import MoveName
from streams.cover_plan import CoverPlanData, PlanMove

MOVES_KEPT = 400
"""Moves remembered of one plan: three revisions of six choices and three alternatives name far fewer."""
REVISIONS_KEPT = 16
"""Newest revisions remembered of one move; a plan has three."""


class KnownPlan:
    """One plan in all its revisions.

    Attributes
    ----------
    newest
        Its newest revision.
    """

    def __init__(self, plan: CoverPlanData) -> None:
        self.newest = plan
        self._moves: dict[str, PlanMove | MoveName] = {}
        self._revisions: dict[str, list[int]] = {}
        self.add(plan)

    def add(self, plan: CoverPlanData) -> None:
        """Remember another revision; one known already changes nothing."""
        if plan.revision >= self.newest.revision:
            self.newest = plan
        for move in plan.named_moves():
            # Put last: past the bound, what no revision has named for longest goes first.
            self._moves[move.move_id] = self._moves.pop(move.move_id, move)
            named_by = {*self._revisions.pop(move.move_id, []), plan.revision}
            self._revisions[move.move_id] = sorted(named_by)[-REVISIONS_KEPT:]
        for move_id in list(self._moves)[: max(0, len(self._moves) - MOVES_KEPT)]:
            del self._moves[move_id], self._revisions[move_id]

    def named(self, move_id: str, seen: int | None = None) -> tuple[PlanMove | MoveName, int] | None:
        """The move of that name, and the revision it was decided on; None where no revision names it.

        Parameters
        ----------
        move_id
            Name of the move.
        seen
            The revision the officer saw. Where it did not name the move, or is not given, the newest that
            did is taken for it.
        """
        move = self._moves.get(move_id)
        if move is None:
            return None
        revisions = self._revisions[move_id]
        return move, seen if seen is not None and seen in revisions else revisions[-1]
