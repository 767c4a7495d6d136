"""Reasons in plain words: what stands in the way, with the names and times a controller knows.

Called by `optimiser.routes.reasons` and the relaxations. Never finds anything out.
"""

from collections import Counter
from collections.abc import Sequence
from math import ceil, inf

from optimiser.routes.problem import RouteProblem
from optimiser.routes.round_spans import Span
from optimiser.routes.round_trial import LOAD_STEPS, MINUTE_S, Loose, Obstacle, RoundTrial

STATIC_WORDS = {
    "skill": "lacks a skill the stop needs",
    "reversing": "would have to reverse where that is not allowed",
    "lock_vehicle": "is not the vehicle the stop is locked to",
}
LOST_WORDS = "is lost for the day"
ROUND_WORDS = "has a round that cannot take any further stop of this kind, whatever rule is lifted"


def clock_words(seconds: float) -> str:
    """A time of the day as hours and minutes."""
    if seconds in (inf, -inf):
        return "any time"
    minutes = round(seconds / MINUTE_S)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def minutes_words(seconds: float) -> str:
    """A length of time in whole minutes, not too few."""
    return f"{ceil(seconds / MINUTE_S - 1e-9)} min"


def span_words(spans: Sequence[Span]) -> str:
    """Windows as from-to."""
    return ", ".join(f"{clock_words(a)}-{clock_words(b)}" for a, b in spans)


def loose_words(trial: RoundTrial, loose: Loose) -> str:
    """What a vehicle misses by one rule, to be read after its name."""
    obstacle, steps = loose
    problem, target = trial.cut.problem, trial.cut.target
    time = "" if steps == inf else minutes_words(steps * MINUTE_S)
    if obstacle == Obstacle.WINDOW:
        by = f" by {time}" if time else ""
        return f"misses the stop's window ({span_words(trial.windows[target])}){by}"
    if obstacle == Obstacle.BAN:
        return f"could come only when service is banned there ({span_words(trial.bans[target])})"
    if obstacle == Obstacle.OTHER_WINDOW:
        return "would miss the window of another stop of its round" + (f" by {time}" if time else "")
    if obstacle == Obstacle.OTHER_BAN:
        return "would serve another stop of its round in a banned time"
    if obstacle == Obstacle.SHIFT:
        fleet = problem.fleet
        last = clock_words(float(fleet.shift_end_s[0] + fleet.max_overtime_s[0]))
        return f"would be back {time or 'too long'} after {last}, the latest its shift and overtime allow"
    if obstacle == Obstacle.BREAK:
        span = span_words(
            [(float(problem.fleet.break_earliest_s[0]), float(problem.fleet.break_latest_s[0]))]
        )
        return f"could not start its break within {span}" + (f", by {time}" if time else "")
    if obstacle == Obstacle.CAPACITY:
        return _capacity_words(trial, steps)
    if obstacle == Obstacle.TIP_HOURS:
        return "would reach no tip while it is open" + (f", by {time}" if time else "")
    if obstacle == Obstacle.TRIPS:
        return f"has no further trip to a tip (most {int(problem.fleet.max_trips[0])})"
    if obstacle == Obstacle.RELEASE:
        return "would have to leave before the load is ready" + (f", by {time}" if time else "")
    return {
        Obstacle.DAILY_CAP: "has reached what it may collect in a day",
        Obstacle.LOCK_POSITION: "has no place that keeps the locked positions",
        Obstacle.DIRECTION: "could serve it only against its direction",
    }[obstacle]


def _capacity_words(trial: RoundTrial, steps: float) -> str:
    problem, target = trial.cut.problem, trial.cut.target
    load, capacity = problem.stops.load[target], problem.fleet.capacity[0]
    if ((load > 0) & (capacity == 0)).any():
        return "does not carry what the stop gives"
    by = "" if steps == inf else f", short of {float(load.max()) * steps / LOAD_STEPS:g}"
    return f"has no room for it on any trip{by}"


def summary_words(
    problem: RouteProblem,
    stop: int,
    reasons: list[tuple[int, tuple[str, ...], str, float]],
    counts: Counter[tuple[str, ...]],
) -> str:
    """All reasons in a sentence: the most frequent first, each with the vehicle that comes nearest.

    Parameters
    ----------
    problem, stop
        The day and the stop.
    reasons
        Vehicle, codes, words, and how far it misses by, of each vehicle.
    counts
        Vehicles by codes.
    """
    name = problem.stops.ids[stop]
    able = sorted((size, words) for _, codes, words, size in reasons if codes == ())
    if able:
        return f"{name} can be served: {able[0][1]}"
    parts = []
    for codes, count in counts.most_common():
        words = min((size, vehicle, text) for vehicle, own, text, size in reasons if own == codes)[2]
        vehicles = f"{count} vehicles" if count > 1 else "1 vehicle"
        parts.append(f"{vehicles}: {' and '.join(codes)} ({words})")
    return f"{name} cannot be served: " + "; ".join(parts)
