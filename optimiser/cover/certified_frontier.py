"""The plan a certification ends with: its points, each with the best plan known, its bound and its gap.

Called by the engine. It puts together what was found and proven; it never searches and never proves.
"""

from dataclasses import replace

from optimiser.cover.certificate import Certification
from optimiser.cover.figures import Figures
from optimiser.cover.movers import Movers
from optimiser.cover.naming import same_names
from optimiser.cover.plan import Certificate, CoverPlan, FrontierPoint, Move, relative_gap


def point_of(figures: Figures, moves: tuple[Move, ...]) -> FrontierPoint:
    """Return the point of a plan, exactly priced, with nothing proven."""
    after = figures.after(moves)
    return FrontierPoint(moves, after.risk + sum(move.cost for move in moves), after.risk, after)


def certified_plan(
    figures: Figures,
    movers: Movers,
    plan: CoverPlan,
    proof: Certification,
    certificate: Certificate,
    *,
    every_point: bool,
    most_kept: float = 0.0,
) -> CoverPlan:
    """Return a plan with what was found and proven for it.

    Parameters
    ----------
    figures, movers
        Of the problem.
    plan
        As it was before.
    proof
        What was found and proven.
    certificate
        How the attempt ended for the plan itself.
    every_point
        Whether all points of the frontier get what was proven for them, or only the last, the plan itself.
    most_kept
        The plan itself stays where what was found is better by no more than this share of its objective.
    """
    before = {move.appliance: move.destination for move in plan.moves}
    points: list[FrontierPoint] = []
    made: dict[int, FrontierPoint] = {}
    last = FrontierPoint(plan.moves, plan.objective, plan.after.risk, plan.after, plan.bound, plan.gap)
    for n, old in enumerate((*plan.frontier[:-1], last)):
        point, found = old, proof.best[n]
        kept = most_kept if n == proof.most_moves else 0.0
        if found.objective < old.objective * (1.0 - kept):
            if id(found) not in made:
                moves = same_names(movers, movers.name_moves(list(found.pairs)), before)
                made[id(found)] = point_of(figures, moves)
            point = min(old, made[id(found)], key=_objective)
        if points and points[-1].objective <= point.objective:
            point = points[-1]
        if every_point or n == proof.most_moves:
            # Doing nothing is the only plan of no moves: its bound is the objective as it is shown.
            point = _proven(point, proof.bounds[n] if n else point.objective)
        elif point is not old:
            # What was proven of all plans of so many moves holds of a better one, too.
            point = replace(point, bound=None, gap=None) if old.bound is None else _proven(point, old.bound)
        points.append(point)
    best = points[-1]
    return CoverPlan(
        moves=best.moves,
        objective=best.objective,
        before=plan.before,
        after=best.figures,
        frontier=tuple(points),
        bound=best.bound,
        gap=best.gap,
        certificate=certificate,
    )


def _objective(point: FrontierPoint) -> float:
    return point.objective


def _proven(point: FrontierPoint, bound: float) -> FrontierPoint:
    bound = min(bound, point.objective)
    return replace(point, bound=bound, gap=relative_gap(point.objective, bound))
