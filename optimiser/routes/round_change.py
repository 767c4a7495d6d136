"""Concrete changes tried on one round: which could help against a rule, and the least of each that does.

Called by the relaxations on a `RoundTrial`. It finds amounts by bisection in whole minutes, pieces, or
hundredths of a load; the checker has the last word elsewhere.
"""

from dataclasses import replace
from math import ceil, inf

from optimiser.routes.day_change import Change, ChangeKind
from optimiser.routes.obstacle_search import Obstacles, fewest
from optimiser.routes.plan import Kind as VisitKind
from optimiser.routes.round_spans import Span
from optimiser.routes.round_trial import ENDLESS_S, LOAD_STEPS, MINUTE_S, MOST_CALLS, Obstacle, RoundTrial

MOST_MINUTES = 480
"""A change by more than a shift is none that anybody would grant."""
MOST_CHANGES = 3
"""Changes that are offered together; who would need more is not helped."""

Kind = ChangeKind
WHOLE = (Kind.LIFT_BAN, Kind.UNLOCK_POSITION)
"""Kinds without a size."""


def changes_for(trial: RoundTrial, obstacles: Obstacles) -> list[tuple[Change, ...]]:
    """Changes against a set of rules that keeps the stop out, each the least that does, in the cut's numbers.

    Parameters
    ----------
    trial
        The round and the stop.
    obstacles
        A smallest set of rules without which the stop fits.
    """
    if len(obstacles) > MOST_CHANGES:
        return []
    return _changes(trial, obstacles, ())


def _changes(trial: RoundTrial, obstacles: Obstacles, known: tuple[Change, ...]) -> list[tuple[Change, ...]]:
    if not obstacles:
        return [known]
    found = []
    for change in _candidates(trial, obstacles[0]):
        enough = _least(trial, change, known, obstacles[1:])
        if enough is not None:
            found += _changes(trial, obstacles[1:], (*known, enough))
    return found


def _least(trial: RoundTrial, change: Change, known: tuple[Change, ...], later: Obstacles) -> Change | None:
    step, most = _steps(trial, change)

    def fits(steps: int) -> bool:
        return try_changes(trial, (*known, replace(change, amount=steps * step)), later)

    if change.kind in WHOLE:
        return change if fits(0) else None
    steps = fewest(most, fits)
    return None if steps is None else replace(change, amount=steps * step)


def try_changes(trial: RoundTrial, changes: tuple[Change, ...], gone: Obstacles = ()) -> bool:
    """Whether the stop fits with these changes, and with the rules `gone` set aside as well."""
    trial.loosen(tuple((one, inf) for one in gone))
    for change in changes:
        _make(trial, change)
    return trial.place()[1] >= 0


def _candidates(trial: RoundTrial, obstacle: Obstacle) -> list[Change]:
    """Changes, still without an amount, that could help against a rule."""
    problem, target = trial.cut.problem, trial.cut.target
    served = [v.index for v in trial.cut.visits if v.kind == VisitKind.STOP]
    if obstacle == Obstacle.WINDOW:
        return _window_changes(trial.windows[target], target)
    if obstacle == Obstacle.OTHER_WINDOW:
        return [
            change for n in served for change in _window_changes(trial.windows[n], n)
            if change.kind == Kind.WINDOW_LATER
        ]  # fmt: skip
    if obstacle in (Obstacle.BAN, Obstacle.OTHER_BAN):
        banned = [target] if obstacle == Obstacle.BAN else [n for n in served if trial.bans[n]]
        return [Change(Kind.LIFT_BAN, stop=n) for n in banned]
    if obstacle == Obstacle.BREAK:
        return [Change(Kind.BREAK_LATER, 0), Change(Kind.BREAK_EARLIER, 0)]
    if obstacle == Obstacle.TIP_HOURS:
        return [c for tip, spans in enumerate(trial.tip_windows) for c in _tip_changes(spans, tip)]
    if obstacle == Obstacle.LOCK_POSITION:
        locked = [n for n in dict.fromkeys([*served, target]) if problem.stops.locked_position[n] >= 0]
        return [Change(Kind.UNLOCK_POSITION, stop=n) for n in locked]
    gives = [k for k, load in enumerate(problem.stops.load[target].tolist()) if load > 0]
    if obstacle == Obstacle.CAPACITY:
        carried = [k for k in gives if problem.fleet.capacity[0, k] > 0]
        return [Change(Kind.CAPACITY, 0, material=k) for k in carried]
    if obstacle == Obstacle.DAILY_CAP:
        loads = [Change(Kind.DAILY_LOAD, 0, material=k) for k in gives]
        return [Change(Kind.DAILY_STOPS, 0), *loads]
    return {
        Obstacle.SHIFT: [Change(Kind.OVERTIME, 0)],
        Obstacle.TRIPS: [Change(Kind.TRIP, 0)],
        Obstacle.RELEASE: [Change(Kind.RELEASE_EARLIER, stop=target)],
    }.get(obstacle, [])


def _window_changes(spans: list[Span], stop: int) -> list[Change]:
    later = [Change(Kind.WINDOW_LATER, stop=stop, span=w) for w, (_, b) in enumerate(spans) if b < inf]
    earlier = [Change(Kind.WINDOW_EARLIER, stop=stop, span=w) for w, (a, _) in enumerate(spans) if a > -inf]
    return later + earlier


def _tip_changes(spans: list[Span], tip: int) -> list[Change]:
    later = [Change(Kind.TIP_LATER, tip=tip, span=w) for w, (_, b) in enumerate(spans) if b < inf]
    earlier = [Change(Kind.TIP_EARLIER, tip=tip, span=w) for w, (a, _) in enumerate(spans) if a > -inf]
    return later + earlier


def _steps(trial: RoundTrial, change: Change) -> tuple[float, int]:
    """Size of a step of a change, and the most steps."""
    kind = change.kind
    if kind in (Kind.CAPACITY, Kind.DAILY_LOAD):
        load = float(trial.cut.problem.stops.load[trial.cut.target, change.material])
        return load / LOAD_STEPS, LOAD_STEPS
    if kind in (Kind.TRIP, Kind.DAILY_STOPS):
        return 1.0, MOST_CALLS if kind == Kind.TRIP else 1
    if kind in WHOLE:
        return 0.0, 0
    if change.span < 0:
        return MINUTE_S, MOST_MINUTES
    spans = trial.windows[change.stop] if change.stop >= 0 else trial.tip_windows[change.tip]
    later = kind in (Kind.WINDOW_LATER, Kind.TIP_LATER)
    beside = change.span + (1 if later else -1)
    if not 0 <= beside < len(spans):
        return MINUTE_S, MOST_MINUTES
    ours, theirs = spans[change.span], spans[beside]
    gap_s = theirs[0] - ours[1] if later else ours[0] - theirs[1]
    return MINUTE_S, max(0, min(MOST_MINUTES, ceil(gap_s / MINUTE_S) - 1))  # windows stay apart


def _make(trial: RoundTrial, change: Change) -> None:
    """Make a change in the trial's model."""
    m, kind, k, amount = trial.model, change.kind, change.material, change.amount
    if kind in (Kind.WINDOW_LATER, Kind.WINDOW_EARLIER):
        windows = _moved(trial.windows[change.stop], change, kind == Kind.WINDOW_LATER)
        trial.write_spans(change.stop, windows=windows)
    elif kind in (Kind.TIP_LATER, Kind.TIP_EARLIER):
        windows = _moved(trial.tip_windows[change.tip], change, kind == Kind.TIP_LATER)
        trial.write_tip(change.tip, windows)
    elif kind == Kind.LIFT_BAN:
        trial.write_spans(change.stop, bans=[])
    elif kind == Kind.OVERTIME:
        m.hard_s[0] = min(ENDLESS_S, float(m.hard_s[0]) + amount)
    elif kind == Kind.CAPACITY:
        m.capacity[0, k] += amount
    elif kind == Kind.DAILY_LOAD:
        m.daily_load[0, k] += amount
    elif kind == Kind.DAILY_STOPS:
        m.daily_stops[0] += amount
    elif kind == Kind.TRIP:
        m.max_trips[0] += int(amount)
    elif kind == Kind.BREAK_LATER:
        m.rest_until[0] += amount
    elif kind == Kind.BREAK_EARLIER:
        m.rest_from[0] -= amount
    elif kind == Kind.UNLOCK_POSITION:
        m.lock_at[change.stop] = -1
    elif kind == Kind.RELEASE_EARLIER:
        m.release[change.stop] -= amount


def _moved(spans: list[Span], change: Change, later: bool) -> list[Span]:
    moved = spans.copy()
    begin, end = moved[change.span]
    moved[change.span] = (begin, end + change.amount) if later else (begin - change.amount, end)
    return moved
