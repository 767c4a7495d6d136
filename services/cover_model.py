"""From the operational picture to a cover problem: arrays by index, as the optimiser wants them.

Called by the cover solver. Pure; decides what counts where, never what should move.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from geo.arrays import FloatArray, IntArray
from geo.region import Region
from optimiser.cover.horizon import scenes_of
from optimiser.cover.move_cost import MoveCostRule
from optimiser.cover.problem import CoverProblem
from optimiser.cover.stability import RECENT_S, MadeMove, undoing_pairs
from optimiser.cover.standard import Standard
from services.expectations import Expectations
from services.picture import EPOCH, Picture, Rejection
from services.raised_demand import Raised, RaisedDemand
from streams.events import ApplianceStatus

MOVABLE = {ApplianceStatus.AVAILABLE, ApplianceStatus.RETURNING}
"""Crews standing at a station or on their way home can be sent elsewhere; one on its way to stand by, or
with an accepted order, counts where it is bound for and stays there."""

HOMEWARD_FACTOR = 0.3
"""A move home costs this share of another move of the same length: crews go home willingly, yet not twice
an hour. A judgement, to be calibrated with `cover replay`."""


STEADY_S = 3600.0
"""A crew that was moved on an accepted order within so long is charged extra for being moved again."""

DEPARTING_SHARE, UNDOING_SHARE = 0.5, 1.0
"""What departing from an accepted move, and undoing one, costs on top, as a share of a move's fixed cost."""


@dataclass(frozen=True, slots=True)
class RejectionRule:
    """How long a rejection holds: `holds`, or until `fewer` fewer appliances are available than then."""

    holds: timedelta
    fewer: int

    def in_force(self, rejection: Rejection, picture: Picture) -> bool:
        """Whether the move stays rejected in this picture."""
        if picture.as_of - rejection.at >= self.holds:
            return False
        return picture.available > rejection.available - self.fewer


class CoverModel:
    """Builds problems for one region; everything that never changes is computed once."""

    def __init__(
        self,
        region: Region,
        max_moves: int,
        rejection_rule: RejectionRule,
        move_cost_rule: MoveCostRule,
        min_cover: Mapping[str, int],
        counted_only: Collection[str] = (),
    ) -> None:
        self._region = region
        self._max_moves = max_moves
        self._rejection_rule = rejection_rule
        self._station = {id_: i for i, id_ in enumerate(region.stations.ids)}
        self._appliance = {id_: i for i, id_ in enumerate(region.appliances.ids)}
        # Driving is charged by what the move would bring meanwhile (`road_s`), not by an average.
        self._move_cost = replace(move_cost_rule, per_s=0.0).matrix(region.station_station_s)
        self._road_s = region.station_station_s.astype(np.float64)
        self._horizon_s = move_cost_rule.gap_h * 3600.0
        self._crew_cost = move_cost_rule.fixed / move_cost_rule.gap_h
        self._expectations = Expectations(region)
        self._raised = RaisedDemand(region)
        self._min_cover = np.zeros(len(region.stations.ids), dtype=np.int64)
        for id_, least in min_cover.items():
            if id_ not in self._station:
                raise ValueError(
                    f"min_cover: station {id_!r} is not of area {region.id!r}; name stations by id, e.g. "
                    f"{region.stations.ids[0]!r}"
                )
            self._min_cover[self._station[id_]] = least
        self._counted_only = np.zeros(len(region.appliances.ids), dtype=np.bool_)
        for id_ in counted_only:
            if id_ not in self._appliance:
                raise ValueError(
                    f"counted_only: appliance {id_!r} is not of area {region.id!r}; name appliances by id, "
                    f"e.g. {region.appliances.ids[0]!r}"
                )
            self._counted_only[self._appliance[id_]] = True
        self.standards = tuple(
            Standard(first_target_s=kind.first_target_s, second_target_s=kind.second_target_s)
            if kind.two_needed
            else Standard.first_only(kind.first_target_s, kind.second_target_s)
            for kind in region.kinds
        )
        self.attendance_s = np.ascontiguousarray(region.station_zone_s + region.turnout_s, dtype=np.float32)

    def raised(self, picture: Picture) -> Raised | None:
        """What reports of smoke or fire add to the demand of `problem`; None where nothing is added."""
        return self._raised.of(picture)

    def demand_per_h(self, picture: Picture) -> FloatArray:
        """Incidents per hour by kind and zone, (K, Z): the usual ones of this hour, and those of reports.

        A fire calls for appliances of the first kind; what else it needs, nobody knows from a post.
        """
        hour = self._region.hour_of_week(picture.as_of) if picture.as_of > EPOCH else 0
        demand: FloatArray = self._region.demand_per_h[:, hour, :].astype(np.float64)
        raised = self.raised(picture)
        if raised is not None:
            demand[0] += raised.extra_per_h
        return demand

    def problem(self, picture: Picture) -> CoverProblem:
        """The cover problem of `picture`."""
        region = self._region
        count = len(region.appliances.ids)
        station = region.appliances.home.copy()
        available = np.zeros(count, dtype=np.bool_)
        locked = self._counted_only.copy()
        for i, id_ in enumerate(region.appliances.ids):
            state = picture.appliances[id_]
            where = state.counts_at
            if where is None:
                continue
            station[i] = self._station[where]
            available[i] = True
            locked[i] |= state.status not in MOVABLE or state.ordered is not None
        kind_count, station_count = len(self.standards), len(region.stations.ids)
        expected = self._expectations.of(picture)
        return CoverProblem(
            standards=self.standards,
            demand_per_h=self.demand_per_h(picture),
            attendance_s=self.attendance_s,
            bays=region.stations.bays,
            min_cover=self._min_cover,
            appliance_kind=region.appliances.kind,
            appliance_station=station,
            available=available,
            locked=locked,
            home=region.appliances.home,
            move_cost=self._move_cost,
            homeward_factor=HOMEWARD_FACTOR,
            forbidden=frozenset(self._forbidden(picture, station)),
            max_moves=self._max_moves,
            scenes=scenes_of(expected, kind_count, station_count, self._horizon_s),
            road_s=self._road_s,
            horizon_s=self._horizon_s,
            departing_charge=self._departing_charge(picture),
            undoing=self._undoing(picture, station),
            undoing_charge=UNDOING_SHARE * self._crew_cost,
        )

    def _departing_charge(self, picture: Picture) -> FloatArray:
        """What moving an appliance that was moved lately costs on top, (A,)."""
        charge = np.zeros(len(self._appliance))
        for made in picture.recent_moves(STEADY_S):
            charge[self._appliance[made.appliance]] = DEPARTING_SHARE * self._crew_cost
        return charge

    def _undoing(self, picture: Picture, station: IntArray) -> frozenset[tuple[int, int]]:
        """(appliance, station) of the moves that would undo a recent one."""
        recent = [
            MadeMove(
                self._appliance[made.appliance],
                self._station[made.from_station],
                self._station[made.to_station],
                made.at.timestamp(),
            )
            for made in picture.recent_moves(RECENT_S)
        ]
        if not recent:
            return frozenset()
        return undoing_pairs(recent, self._region.appliances.kind, station, picture.as_of.timestamp())

    def _forbidden(self, picture: Picture, station: IntArray) -> Iterator[tuple[int, int]]:
        """Rejected moves, and those of the twins: a like appliance from the same place is the same move."""
        kind = self._region.appliances.kind
        for rejection in picture.rejections.values():
            if not self._rejection_rule.in_force(rejection, picture):
                continue
            to = self._station[rejection.to]
            appliance = self._appliance[rejection.appliance]
            yield appliance, to
            origin = self._station[rejection.from_station]
            for twin in np.flatnonzero((kind == kind[appliance]) & (station == origin)):
                yield int(twin), to
