"""What a post, message or request is about, and how reports of each kind gather and fade.

Read by the classifier, the clusters and the services. Never looks at a text.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Category(StrEnum):
    """The same values as `streams.council_events.FeedbackCategory`, which this wing may not import."""

    MISSED_COLLECTION = "missed_collection"
    OVERFLOWING_BIN = "overflowing_bin"
    """Also a fly-tip."""
    BLOCKED_STREET = "blocked_street"
    FLOODING = "flooding"
    SMOKE_OR_FIRE = "smoke_or_fire"
    OTHER_SERVICE = "other_service"
    NOT_SERVICE = "not_service"


@dataclass(frozen=True, slots=True)
class GatheringRule:
    """When two reports are about the same thing, and how long it lasts.

    Attributes
    ----------
    reach_m
        Two well-placed reports further apart are about two things; uncertain places stretch it to at most
        twice as much.
    window
        Reports later than this after the first one are about the next thing.
    half_life
        In which a report loses half of its weight.
    lapse
        A cluster nobody has spoken of for so long is over.
    dismissal
        For so long after a dismissal a new cluster at the same place is born dismissed.
    """

    reach_m: float
    window: timedelta
    half_life: timedelta
    lapse: timedelta
    dismissal: timedelta


def _rule(
    reach_m: float, window_h: float, half_life_h: float, lapse_h: float, hold_h: float
) -> GatheringRule:
    hours = [timedelta(hours=h) for h in (window_h, half_life_h, lapse_h, hold_h)]
    return GatheringRule(reach_m, *hours)


GATHERING: dict[Category, GatheringRule] = {
    # Smoke is seen from afar, and a fire is either known to the brigade or out within the hour or two.
    Category.SMOKE_OR_FIRE: _rule(250, 2, 1 / 3, 1.5, 1),
    Category.FLOODING: _rule(400, 12, 3, 12, 4),
    Category.BLOCKED_STREET: _rule(150, 8, 2, 6, 4),
    # A street side that was left out is reported all day, most of it when people come home.
    Category.MISSED_COLLECTION: _rule(150, 18, 8, 24, 12),
    Category.OVERFLOWING_BIN: _rule(80, 48, 24, 72, 24),
}
"""Judgement of the authors, not measured; reports of the other categories do not gather."""

BY_SERVICE_CODE: dict[str, Category] = {
    "missed_collection": Category.MISSED_COLLECTION,
    "overflowing_bin": Category.OVERFLOWING_BIN,
    "fly_tip": Category.OVERFLOWING_BIN,
    "blocked_street": Category.BLOCKED_STREET,
}
"""Which category a formal request (its Open311 service code) counts towards; other codes towards none."""
