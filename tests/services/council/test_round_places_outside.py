"""Stops that a manager adds by place: those outside the council are refused, however far."""

import math

import pytest

from services.council.rounds_desk import EditKind, RoundEdit, RoundsRefusal
from streams.council_events import ServiceCode
from tests.services.council.rounds_day import at_work, desk, run


@pytest.mark.parametrize("place", [(0.0, 0.0), (10_000_000.0, 0.0), (math.inf, math.inf)])
def test_a_place_outside_the_council_is_refused(place: tuple[float, float]) -> None:
    day = at_work(12)
    edit = RoundEdit(EditKind.ADD, easting_m=place[0], northing_m=place[1], service=ServiceCode.FLY_TIP)
    with pytest.raises(RoundsRefusal, match="outside"):
        run(desk().edit(day.picture, edit, "Manager 1"))
