"""The moves still recommended by the plan shown until now: where the next search starts from.

Used by the cover solver. Pure; what has been accepted, or can no longer be done, is left out.
"""

from geo.region import Region
from services.cover_model import MOVABLE
from services.picture import Picture
from streams.cover_plan import CoverPlanData


class PlanInForce:
    """Reads plans of one region."""

    def __init__(self, region: Region) -> None:
        self._appliance = {id_: i for i, id_ in enumerate(region.appliances.ids)}
        self._station = {id_: i for i, id_ in enumerate(region.stations.ids)}

    def pairs(self, plan: CoverPlanData | None, picture: Picture) -> tuple[tuple[int, int], ...]:
        """(appliance, station) of each move of the plan that could still be accepted."""
        if plan is None:
            return ()
        found = []
        for move in plan.moves:
            state = picture.appliances.get(move.appliance)
            if state is None or state.ordered is not None or state.status not in MOVABLE:
                continue
            # A log may hold plans of a region that has been drawn anew since.
            if state.station == move.from_station and move.to_station in self._station:
                found.append((self._appliance[move.appliance], self._station[move.to_station]))
        return tuple(found)
