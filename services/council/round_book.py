"""The rounds of a council and how far they are, while events are folded in.

Kept by `services.council.day_draft.DayDraft`. A round is what is done, in the order it was done, and then
what is planned: so any order of the words of crews gives the same rounds. Never judges a decision.
"""

from msgspec.structs import replace

from services.council.day_picture import DoneVisit, Key, StopState, VehicleState
from services.council.kept import Kept
from services.council.visits import same_visit, stop_of
from streams.council_events import StopDone, StopOutcome, VehiclePosition, VehicleStatus

VISITS_KEPT = 2_000
"""Longest round; far above what a crew can do in a day."""


class RoundBook:
    """Rounds, vehicles, and stops that are done."""

    def __init__(
        self,
        rounds: dict[str, tuple[str, ...]],
        vehicles: dict[str, VehicleState],
        stops_done: dict[str, StopState],
    ) -> None:
        self.rounds = Kept(rounds)
        self.vehicles = Kept(vehicles)
        self.stops_done = Kept(stops_done)

    def planned(self, vehicle: str) -> tuple[str, ...]:
        """What a vehicle still has to visit."""
        return self.rounds.now[vehicle][self.vehicles.now[vehicle].done :]

    def position(self, data: VehiclePosition, key: Key) -> bool:
        """Fold a position."""
        state = known = self.vehicles.now[data.vehicle]
        if state.position_key is None or key > state.position_key:
            state = replace(state, easting_m=data.easting_m, northing_m=data.northing_m, position_key=key)
        state = _weighed(state, data.load, key)
        return state is not known and self.vehicles.put(data.vehicle, state)

    def status(
        self,
        vehicle: str,
        status: VehicleStatus,
        key: Key,
        place: tuple[float, float] | None = None,
    ) -> bool:
        """Fold a status, and the place it was told with."""
        state = self.vehicles.now[vehicle]
        if place is not None and (state.position_key is None or key > state.position_key):
            state = replace(state, easting_m=place[0], northing_m=place[1], position_key=key)
        if state.status_key is None or key > state.status_key:
            state = replace(state, status=status, status_key=key)
        return self.vehicles.put(vehicle, state)

    def done(self, data: StopDone, key: Key) -> bool:
        """Fold the end of a visit."""
        stop, word = stop_of(data.visit), data.visit
        if stop is None:
            if any(visit.key == key for visit in self.vehicles.now[data.vehicle].done_visits):
                return False
        else:
            known = self.stops_done.now.get(stop)
            if known is not None and known.key >= key:
                return self._weigh(data, key)
            if known is not None:
                word = self._not_done(known.vehicle, stop) or word
            uprns = () if data.outcome is StopOutcome.COLLECTED else tuple(sorted(set(data.uprns or ())))
            self.stops_done.put(stop, StopState(data.outcome, key[0], data.vehicle, uprns, key))
        planned, word = self._without(data.vehicle, word)
        state = _weighed(self.vehicles.now[data.vehicle], data.load, key)
        over = sorted((*state.done_visits, DoneVisit(key, word)), key=lambda visit: visit.key)
        over = over[-VISITS_KEPT:]
        self.vehicles.put(data.vehicle, replace(state, done_visits=tuple(over)))
        self.rounds.put(data.vehicle, (*(visit.visit for visit in over), *planned))
        return True

    def set_round(self, vehicle: str, visits: tuple[str, ...], version: int) -> None:
        """Put a decision's round in force."""
        self.rounds.put(vehicle, visits)
        self.vehicles.put(vehicle, replace(self.vehicles.now[vehicle], changed_in=version))

    def new_day(self, morning: dict[str, tuple[str, ...]], version: int) -> None:
        """Begin with the morning's plan; what vehicles can do stays."""
        self.rounds.replace(morning)
        self.stops_done.replace({})
        self.vehicles.replace(
            {
                name: replace(state, done_visits=(), load={}, load_key=None, changed_in=version)
                for name, state in self.vehicles.now.items()
            }
        )

    def _weigh(self, data: StopDone, key: Key) -> bool:
        state = self.vehicles.now[data.vehicle]
        return self.vehicles.put(data.vehicle, _weighed(state, data.load, key))

    def _not_done(self, vehicle: str, stop: str) -> str | None:
        """Take an older word on a stop back, for a newer one; how the round wrote it."""
        state = self.vehicles.now[vehicle]
        planned = self.planned(vehicle)
        over = tuple(visit for visit in state.done_visits if stop_of(visit.visit) != stop)
        self.vehicles.put(vehicle, replace(state, done_visits=over))
        self.rounds.put(vehicle, (*(visit.visit for visit in over), *planned))
        return next((v.visit for v in state.done_visits if stop_of(v.visit) == stop), None)

    def _without(self, vehicle: str, visit: str) -> tuple[tuple[str, ...], str]:
        """The planned visits of a vehicle without the first like this, and how the plan wrote it.

        A stop is taken out of another vehicle's round too; a tip or a break is the vehicle's own.
        """
        planned = self.planned(vehicle)
        at = next((i for i, planned_visit in enumerate(planned) if same_visit(planned_visit, visit)), None)
        if at is not None:
            return planned[:at] + planned[at + 1 :], planned[at]
        if stop_of(visit) is not None:
            for other in self.rounds.now:
                theirs = self.planned(other)
                if other != vehicle and any(same_visit(v, visit) for v in theirs):
                    over = self.rounds.now[other][: self.vehicles.now[other].done]
                    self.rounds.put(other, (*over, *(v for v in theirs if not same_visit(v, visit))))
                    break
        return planned, visit


def _weighed(state: VehicleState, load: dict[str, float] | None, key: Key) -> VehicleState:
    if load is None or (state.load_key is not None and key <= state.load_key):
        return state
    return replace(state, load=load, load_key=key)
