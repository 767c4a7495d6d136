"""What a cover plan says beside its moves: other choices, who goes home, whom to mobilise, how steady it is.

Parts of `streams.cover_plan`, built by `services.advice_message`. Holds no decision logic.
"""

from msgspec import Struct


class GroundEffect(Struct, frozen=True, forbid_unknown_fields=True):
    """How one station ground fares: `seconds` sooner or later to the first appliance, demand-weighted."""

    station: str
    seconds: float
    demand_per_h: float


class MoveName(Struct, frozen=True, forbid_unknown_fields=True):
    """A move of a choice that is not the plan itself: enough to show it and to decide on it.

    `cost` is in units of the objective (weighted seconds an hour).
    """

    move_id: str
    appliance: str
    kind: str
    from_station: str
    to_station: str
    travel_s: float
    cost: float


class AlternativeChoice(Struct, frozen=True, forbid_unknown_fields=True):
    """A next-best plan: it differs from the plan and from every other alternative in at least one move."""

    moves: list[MoveName]
    objective: float
    risk: float
    first_share: float
    second_share: float


class HomeAdviceData(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an appliance that stands away from its home should return or stay.

    `risk_change` is the risk if it goes home minus the risk now, and `cost` what going home costs, both in
    units of the objective; cost is None where it may not go: no way, no bay free, rejected, or needed where
    it stands. `gains` and `loses` are grounds by what going home does to them.
    """

    appliance: str
    kind: str
    station: str
    home: str
    action: str
    risk_change: float
    cost: float | None
    gains: list[GroundEffect]
    loses: list[GroundEffect]


class MobilisedAppliance(Struct, frozen=True, forbid_unknown_fields=True):
    """One appliance of a choice: where it stands and how soon it attends, turnout included."""

    appliance: str
    kind: str
    station: str
    attendance_s: float


class MobilisingChoiceData(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to send, when the first and the second of the region's first kind attend, and what cover loses.

    `rise` is `risk_after` minus the risk before anybody goes; times are None where nobody attends.
    """

    appliances: list[MobilisedAppliance]
    risk_after: float
    rise: float
    first_s: float | None
    second_s: float | None


class MobilisingData(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to mobilise to an incident that still lacks appliances: nearest first, or at least cost of cover.

    `short` tells for each kind how many could not be found (left out where none).
    """

    incident: str
    short: dict[str, int]
    risk_before: float
    nearest: MobilisingChoiceData
    least_cover: MobilisingChoiceData


class ClusterRaise(Struct, frozen=True, forbid_unknown_fields=True):
    """What one cluster of reports adds to the demand: incidents per hour, over so many zones."""

    cluster: str
    extra_per_h: float
    zones: int


class DemandRaised(Struct, frozen=True, forbid_unknown_fields=True):
    """What reports of smoke or fire, confirmed or not, add to the demand of the region's first kind.

    Attributes
    ----------
    zones
        How many zones are raised.
    share
        Of all the demand counted, the part that comes from the reports.
    clusters
        Those that are counted, the largest first; at most 50 are named.
    """

    extra_per_h: float
    zones: int
    share: float
    clusters: list[ClusterRaise]


class Stability(Struct, frozen=True, forbid_unknown_fields=True):
    """Moves accepted in the last 24 hours of the area's time, and how many of them undid a recent one."""

    moves: int
    reversals: int
    per_100: float
