"""Windows and bans as spans of time: when a service may begin, and windows made longer.

Called by the trials and the changes of the reasons. Knows nothing of rounds. The checker has its own.
"""

from math import inf, nextafter

from optimiser.routes.arrays import FloatArray

Span = tuple[float, float]


def spans_of(begins_s: FloatArray, ends_s: FloatArray) -> list[Span]:
    """The spans of a row of the problem, its unused ones (from inf) left out."""
    return [(a, b) for a, b in zip(begins_s.tolist(), ends_s.tolist(), strict=True) if a < inf]


def longer_spans(spans: list[Span], seconds: float) -> list[Span]:
    """The spans, each begun so much earlier and ended so much later; those that meet become one."""
    longer: list[Span] = []
    for a, b in spans:
        begin, end = a - seconds, b + seconds
        if longer and begin <= longer[-1][1]:
            longer[-1] = (longer[-1][0], end)
        else:
            longer.append((begin, end))
    return longer


def begin_spans(windows: list[Span], bans: list[Span], service_s: float) -> list[Span]:
    """When a service may begin: within a window, and so that no part of it is within a ban.

    Parameters
    ----------
    windows, bans
        Seconds, in order and apart.
    service_s
        Length of the service; one of no length may not begin within a ban either.
    """
    left = windows
    for from_s, until_s in bans:
        if until_s <= from_s:
            continue
        before_s = from_s - service_s if service_s > 0 else nextafter(from_s, -inf)
        early = [(a, min(b, before_s)) for a, b in left if a <= before_s]
        late = [(max(a, until_s), b) for a, b in left if b >= until_s]
        left = [*early, *late]
    return left
