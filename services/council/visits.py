"""The words of a round: what each visit is, and of which stop.

Used wherever rounds of `streams.rounds_plan` are read. Pure; never says whether a stop exists.
"""

TIP = "tip:"
BREAKS = frozenset({"break", "break>"})
BACKWARDS = "<"
"""Behind a stop's id: served from its exit to its entry."""


def stop_of(visit: str) -> str | None:
    """The stop a visit serves; None for a tip or a break."""
    if visit.startswith(TIP) or visit in BREAKS:
        return None
    return visit.removesuffix(BACKWARDS)


def tip_of(visit: str) -> str | None:
    """The tip a visit goes to; None for a stop or a break."""
    return visit.removeprefix(TIP) if visit.startswith(TIP) else None


def same_visit(one: str, other: str) -> bool:
    """Whether two words name the same thing, whichever way it is served."""
    if one in BREAKS:
        return other in BREAKS
    return one.removesuffix(BACKWARDS) == other.removesuffix(BACKWARDS)
