"""A cover plan as it travels: the data of `cover.plan` events, of the API's answers and of live push.

Built by `services.plan_message`, read by consoles and feeds. Holds no decision logic.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from streams.cover_advice import (
    AlternativeChoice,
    DemandRaised,
    GroundEffect,
    HomeAdviceData,
    MobilisingData,
    MoveName,
    Stability,
)

Time = Annotated[datetime, Meta(tz=True)]


class PlanMove(Struct, frozen=True, forbid_unknown_fields=True):
    """One recommended move.

    Attributes
    ----------
    cost, contribution
        In units of the objective (weighted seconds an hour); contribution is the risk that comes back
        when this move alone is left out.
    first_share_gain, second_share_gain
        Change of the share of demand reached in time, as a fraction.
    route
        Longitude and latitude, at most 60 points.
    """

    move_id: str
    rank: int
    appliance: str
    kind: str
    from_station: str
    to_station: str
    travel_s: float
    route: list[tuple[float, float]]
    cost: float
    contribution: float
    first_share_gain: float
    second_share_gain: float
    gains: list[GroundEffect]
    loses: list[GroundEffect]
    reason: str
    rule: str | None = None


class KindShares(Struct, frozen=True, forbid_unknown_fields=True):
    """Share of one kind's demand reached within its targets by the first and the second appliance."""

    first_share: float
    second_share: float


class Figures(Struct, frozen=True, forbid_unknown_fields=True):
    """Cover in figures; the shares beside `risk` are those of the region's first kind."""

    risk: float
    first_share: float
    second_share: float
    kinds: dict[str, KindShares]


class FrontierChoice(Struct, frozen=True, forbid_unknown_fields=True):
    """The best found with at most `moves` moves; `gap` is None while nothing is proven of it.

    `named` tells of every move what a decision needs, also of those the plan does not hold.
    """

    moves: int
    move_ids: list[str]
    objective: float
    risk: float
    first_share: float
    second_share: float
    gap: float | None = None
    named: list[MoveName] = []


class PlanLatency(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the time went, from the oldest event not yet served to the plan, in milliseconds."""

    wait_ms: float
    solve_ms: float
    total_ms: float


class CoverPlanData(Struct, frozen=True, forbid_unknown_fields=True):
    """A cover plan for the picture at `picture_offset`.

    `revision` 0 is the first plan; later revisions of the same plan are better or better proven.
    `demand_raised` is None where demand is as usual.
    `gap` is (objective − bound) / objective, or None while no bound is known. The fields with defaults came
    later: a log from before has none of them. Where `alternatives`, `home_advice` or `mobilising` is None,
    this revision did not work it out and a reader keeps what it had; where it is empty, there is none.
    """

    plan_id: str
    revision: int
    picture_offset: int
    picture_time: Time
    published_at: Time
    certificate: str
    moves: list[PlanMove]
    before: Figures
    after: Figures
    objective: float
    bound: float | None
    gap: float | None
    frontier: list[FrontierChoice]
    latency: PlanLatency
    alternatives: list[AlternativeChoice] | None = None
    home_advice: list[HomeAdviceData] | None = None
    mobilising: list[MobilisingData] | None = None
    stability: Stability | None = None
    demand_raised: DemandRaised | None = None

    def named_moves(self) -> Iterator[PlanMove | MoveName]:
        """Every move of the plan, of the choices of its frontier and of its alternatives; some repeat."""
        yield from self.moves
        for choice in self.frontier:
            yield from choice.named
        for other in self.alternatives or ():
            yield from other.moves


class ZoneBands(Struct, frozen=True, forbid_unknown_fields=True):
    """Attendance times by zone for the map: base64 of one byte a zone, ceil(seconds / step_s).

    180 is the cap, also where no appliance is left. Pushed to consoles only, never logged. `raised` is what
    reports of smoke or fire add to each zone, in the same form: ceil(incidents per hour × 100), at most 255;
    empty where they add nothing.
    """

    plan_id: str
    revision: int
    kind: str
    step_s: int
    now_first: str
    now_second: str
    after_first: str
    after_second: str
    raised: str = ""
