"""What a manager changes by hand, as the decision that does it: move, skip, take back, add, split, lock, off.

Used by the desk. Each edit is judged on the day as it stands; what cannot be is refused with its reason. It
decides nothing by itself but the cheapest place where none is named.
"""

import math
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from services.council.day_check import NEAR_M
from services.council.day_picture import DayPicture
from services.council.day_problem import DayProblems
from services.council.new_stops import LONGEST_ID, stop_at_place, stop_at_property
from services.council.round_moves import RoundMoves
from services.council.round_places import RoundPlaces
from services.council.round_reasons import NO_PLACE
from services.council.rounds_refusal import RoundsRefusal
from services.council.visits import stop_of
from streams.council_events import Id, ServiceCode, Uprn, VehicleStatus
from streams.rounds_plan import (
    AddedStop,
    Cause,
    CauseKind,
    RoundData,
    RoundsAction,
    RoundsDecided,
    StopLock,
    Visit,
)


class EditKind(StrEnum):
    """What is done by hand."""

    MOVE = "move"
    SKIP = "skip"
    BACK = "back"
    ADD = "add"
    SPLIT = "split"
    LOCK = "lock"
    UNLOCK = "unlock"
    VEHICLE_OFF = "vehicle_off"
    VEHICLE_BACK = "vehicle_back"


class RoundEdit(Struct, frozen=True, forbid_unknown_fields=True):
    """A change by hand.

    Attributes
    ----------
    stop
        Of all but `add` and those of a vehicle.
    vehicle
        Who is to serve it, or which vehicle it is about; None where the cheapest may.
    before
        Of a move: the visit it comes before; None for the cheapest place.
    uprn, easting_m, northing_m, service
        Of `add`: the property or the place, and what is to be done there.
    share
        Of `split`: how much of the stop its first part is.
    """

    kind: EditKind
    stop: Id | None = None
    vehicle: Id | None = None
    before: Visit | None = None
    uprn: Uprn | None = None
    easting_m: float | None = None
    northing_m: float | None = None
    service: ServiceCode = ServiceCode.MISSED_COLLECTION
    share: Annotated[float, Meta(gt=0, lt=1)] = 0.5


class RoundEdits:
    """Edits of one council's day; for one thread."""

    def __init__(self, problems: DayProblems, places: RoundPlaces, moves: RoundMoves) -> None:
        self._problems, self._places, self._moves = problems, places, moves

    def decided(self, picture: DayPicture, edit: RoundEdit, operator: str) -> RoundsDecided:
        """The decision that makes an edit.

        Raises
        ------
        RoundsRefusal
            Naming what is in the way.
        """
        about = edit.vehicle if edit.kind in (EditKind.VEHICLE_OFF, EditKind.VEHICLE_BACK) else edit.stop
        if edit.kind is EditKind.ADD:
            return self._add(picture, edit, operator)
        if about is None:
            missing = "vehicle" if edit.stop is None and edit.kind.value.startswith("vehicle") else "stop"
            raise RoundsRefusal(("unknown",), f"`{missing}` is missing: say which {missing} it is about")
        plain = RoundsDecided(
            RoundsAction.ADJUST,
            operator,
            picture.version,
            cause=Cause(CauseKind.EDIT, about),
            edit=edit.kind.value,
        )
        match edit.kind:
            case EditKind.MOVE:
                vehicle = self._vehicle(picture, edit, about)
                moved = self._moves.move(picture, about, vehicle, edit.before)
                rounds = _changed(picture, moved.rounds)
                if not rounds:
                    raise RoundsRefusal(("answered",), f"{about} is there already")
                back = [about] if about in picture.skipped else []
                return replace(plain, rounds=rounds, back=back)
            case EditKind.SKIP:
                return self._skip(picture, about, plain)
            case EditKind.BACK:
                return self._back(picture, edit, about, plain)
            case EditKind.SPLIT:
                return self._split(picture, edit, about, plain)
            case EditKind.LOCK:
                return self._lock(picture, edit, about, plain)
            case EditKind.UNLOCK:
                if about not in picture.locks:
                    raise RoundsRefusal(("unknown",), f"{about} is not locked")
                return replace(plain, locks=[StopLock(about, None)])
            case EditKind.VEHICLE_OFF | EditKind.VEHICLE_BACK:
                return self._vehicle_status(picture, edit.kind, about, plain)
        raise AssertionError(edit.kind)

    def _vehicle(self, picture: DayPicture, edit: RoundEdit, stop: str) -> str:
        """The vehicle of an edit: the one named, or the cheapest for the stop."""
        if edit.vehicle is not None:
            return edit.vehicle
        was = self._moves.server(picture, stop)
        without = self._moves.without(picture, was, stop)
        known = self._problems.ground.stop_rows((stop,), picture.added)
        one = self._as_added(picture, stop, float(known.service_s[0]))
        found = self._places.cheapest(without, one, picture.locks.get(stop))
        if found is None:
            words = f"{stop} has no place in any round near it that keeps all rules"
            raise RoundsRefusal((NO_PLACE,), words)
        return found.vehicle

    def _as_added(self, picture: DayPicture, stop: str, service_s: float) -> AddedStop:
        """A known stop as one that could be added, to look for its cheapest place."""
        if stop in picture.added:
            return picture.added[stop]
        council = self._problems.council
        n = council.stop_number[stop]
        load = {m: float(council.stops.load[n, k]) for k, m in enumerate(council.materials)}
        return AddedStop(
            stop=stop,
            easting_m=float(council.stops.en[n, 0]),
            northing_m=float(council.stops.en[n, 1]),
            entry=int(council.stops.entry[n]),
            exit=int(council.stops.exit[n]),
            service_s=service_s,
            load=load,
            priority=float(council.stops.priority[n]),
            origin=stop,
        )

    def _skip(self, picture: DayPicture, stop: str, plain: RoundsDecided) -> RoundsDecided:
        if stop in picture.skipped:
            raise RoundsRefusal(("answered",), f"{stop} is skipped already")
        was = self._moves.server(picture, stop)
        rounds: dict[str, tuple[str, ...]] = {}
        if was is not None:
            rest = self._moves.without(picture, was, stop).rounds[was]
            gone = replace(picture, skipped={**picture.skipped, stop: ""})
            rounds = self._moves.judge(gone, {was: rest}, was).rounds
        return replace(plain, rounds=_changed(picture, rounds), skipped=[stop])

    def _back(self, picture: DayPicture, edit: RoundEdit, stop: str, plain: RoundsDecided) -> RoundsDecided:
        if stop not in picture.skipped:
            raise RoundsRefusal(("answered",), f"{stop} is not skipped")
        vehicle = self._vehicle(picture, edit, stop)
        moved = self._moves.move(picture, stop, vehicle, edit.before)
        return replace(plain, rounds=_changed(picture, moved.rounds), back=[stop])

    def _add(self, picture: DayPicture, edit: RoundEdit, operator: str) -> RoundsDecided:
        council = self._problems.council
        stop = None
        if edit.uprn is not None:
            stop = stop_at_property(council, picture, edit.uprn, edit.service)
        elif edit.easting_m is not None and edit.northing_m is not None:
            place = edit.easting_m, edit.northing_m
            # Beyond the projection's reach a place is infinite.
            if not (all(map(math.isfinite, place)) and council.contains([place], NEAR_M)[0]):
                raise RoundsRefusal(("unknown",), f"the place lies outside {council.name}")
            stop = stop_at_place(council, picture, edit.easting_m, edit.northing_m, edit.service)
        else:
            raise RoundsRefusal(("unknown",), "say where: a `uprn`, or a place")
        if stop is None:
            words = f"no property {edit.uprn}, or nobody has to come for {edit.service.value}"
            raise RoundsRefusal(("unknown",), words)
        added = replace(picture, added={**picture.added, stop.stop: stop})
        vehicle = edit.vehicle
        if vehicle is None:
            found = self._places.cheapest(picture, stop)
            if found is None:
                raise self._nowhere(picture, added, stop)
            vehicle = found.vehicle
        moved = self._moves.move(added, stop.stop, vehicle, edit.before)
        return RoundsDecided(
            RoundsAction.ADJUST,
            operator,
            picture.version,
            cause=Cause(CauseKind.EDIT, stop.stop),
            edit=edit.kind.value,
            rounds=_changed(picture, moved.rounds),
            stops=[stop],
        )

    def _nowhere(self, picture: DayPicture, added: DayPicture, stop: AddedStop) -> RoundsRefusal:
        """Why a stop has no place, told by the round that comes nearest."""
        near = self._places.nearest(picture, stop)
        if not near:
            return RoundsRefusal(("no_vehicle",), "no vehicle that could serve it is in service")
        return self._moves.refused(added, stop.stop, near[0][1])

    def _split(self, picture: DayPicture, edit: RoundEdit, stop: str, plain: RoundsDecided) -> RoundsDecided:
        """Two stops in place of one; the second goes to the vehicle named, or stays behind the first."""
        was = self._moves.server(picture, stop)
        if was is None:
            raise RoundsRefusal(("unknown",), f"{stop} is in no round")
        known = self._problems.ground.stop_rows((stop,), picture.added)
        whole = self._as_added(picture, stop, float(known.service_s[0]))
        entry, leave = whole.entry, whole.exit
        along_s = min(whole.service_s, float(self._problems.council.travel_s[entry, leave]))
        parts = []
        for n, share in enumerate((edit.share, 1 - edit.share), 1):
            name = f"{stop}/{n}"
            if len(name) > LONGEST_ID:
                raise RoundsRefusal(("unknown",), f"{stop} cannot be split again")
            parts.append(
                replace(
                    whole,
                    stop=name,
                    # Each part is driven along; only the work is shared.
                    service_s=along_s + share * (whole.service_s - along_s),
                    load={material: share * amount for material, amount in whole.load.items()},
                )
            )
        first, second = parts
        if any(one.stop in picture.added for one in parts):
            raise RoundsRefusal(("answered",), f"{stop} was split before")
        word = next(w for w in picture.rounds[was] if stop_of(w) == stop)
        turn = word[len(stop) :]
        mine = [first.stop + turn, second.stop + turn] if edit.vehicle in (None, was) else [first.stop + turn]
        visits = tuple(new for w in picture.rounds[was] for new in (mine if stop_of(w) == stop else [w]))
        added = replace(
            picture,
            added={**picture.added, first.stop: first, second.stop: second},
            skipped={**picture.skipped, stop: ""},
        )
        rounds = {was: visits}
        if edit.vehicle is not None and edit.vehicle != was:
            halved = replace(added, rounds={**picture.rounds, was: visits})
            moved = self._moves.move(halved, second.stop, edit.vehicle, edit.before)
            rounds = {was: visits, **moved.rounds}
        else:
            self._moves.judge(added, rounds, was, loose=(first.stop, second.stop))
        return replace(plain, rounds=_changed(picture, rounds), stops=parts, skipped=[stop])

    def _lock(self, picture: DayPicture, edit: RoundEdit, stop: str, plain: RoundsDecided) -> RoundsDecided:
        was = self._moves.server(picture, stop)
        vehicle = edit.vehicle or was
        if was is None or vehicle is None:
            raise RoundsRefusal(("unknown",), f"{stop} is in no round that it could be locked to")
        if vehicle != was:
            words = f"{stop} is in the round of {was}, not of {vehicle}"
            raise RoundsRefusal(("lock_vehicle",), words, f"move {stop} to {vehicle} first")
        return replace(plain, locks=[StopLock(stop, vehicle)])

    def _vehicle_status(
        self, picture: DayPicture, kind: EditKind, vehicle: str, plain: RoundsDecided
    ) -> RoundsDecided:
        state = picture.vehicles.get(vehicle)
        if state is None:
            raise RoundsRefusal(("unknown",), f"there is no vehicle {vehicle}")
        at_work = state.status is VehicleStatus.IN_SERVICE
        if kind is EditKind.VEHICLE_OFF:
            if not at_work:
                raise RoundsRefusal(("answered",), f"{vehicle} is out of service already")
            return replace(plain, off=[vehicle])
        if at_work:
            raise RoundsRefusal(("answered",), f"{vehicle} is in service already")
        return replace(plain, on=[vehicle])


def _changed(picture: DayPicture, rounds: dict[str, tuple[str, ...]]) -> list[RoundData]:
    return [
        RoundData(vehicle, list(visits))
        for vehicle, visits in rounds.items()
        if picture.rounds.get(vehicle) != visits
    ]
