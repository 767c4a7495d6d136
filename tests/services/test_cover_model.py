"""From picture to problem: who counts where, who is expected back, and what moving a crew again costs."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from geo.demo_region import SMALL_SIZE, build_demo_region
from geo.region import Region
from optimiser.cover.move_cost import MoveCostRule
from optimiser.cover.problem import CoverProblem
from services.cover_model import DEPARTING_SHARE, UNDOING_SHARE, CoverModel, RejectionRule
from services.picture import Picture, empty_picture, fold
from streams.events import (
    TYPE_OF,
    AppliancePosition,
    ApplianceStatus,
    ApplianceStatusChanged,
    DecisionAction,
    DecisionMade,
    Event,
    EventData,
    IncidentCategory,
    IncidentOpened,
    IncidentStopped,
)

NOW = datetime(2025, 6, 6, 17, tzinfo=UTC)


@pytest.fixture(scope="module")
def region() -> Region:
    return build_demo_region(3, SMALL_SIZE)


@pytest.fixture(scope="module")
def model(region: Region) -> CoverModel:
    rule = RejectionRule(timedelta(hours=1), fewer=5)
    return CoverModel(region, 6, rule, MoveCostRule(), min_cover={})


def picture_of(region: Region, *data: EventData, age: timedelta = timedelta()) -> Picture:
    homes = {
        id_: region.stations.ids[int(home)]
        for id_, home in zip(region.appliances.ids, region.appliances.home, strict=True)
    }
    picture = empty_picture(region.id, homes)
    for n, one in enumerate(data):
        time = NOW - age if isinstance(one, DecisionMade) else NOW
        picture = fold(picture, Event(f"e{n}", "/test", TYPE_OF[type(one)], time, region.id, one, n))
    return picture


def committed(region: Region, i: int, release: timedelta | None, zone: int = 0) -> tuple[EventData, ...]:
    east, north = region.zones.en[zone].tolist()
    required = {region.kinds[0].id: 1}
    stop = None if release is None else NOW + release
    return (
        IncidentOpened("I1", IncidentCategory.FIRE, east, north, required, stop),
        ApplianceStatusChanged(region.appliances.ids[i], ApplianceStatus.AT_INCIDENT, incident="I1"),
    )


def scene_counts(problem: CoverProblem) -> list[tuple[float, int]]:
    return [(scene.share, int(scene.counts_change.sum())) for scene in problem.scenes]


def test_nobody_away_needs_no_scene(region: Region, model: CoverModel) -> None:
    problem = model.problem(picture_of(region))
    assert problem.scenes == ()
    assert problem.available.all()
    assert not problem.locked.any()


def test_a_committed_crew_is_home_again_for_the_rest_of_the_gap(region: Region, model: CoverModel) -> None:
    problem = model.problem(picture_of(region, *committed(region, 0, timedelta(minutes=20))))
    assert not problem.available[0]
    assert [count for _, count in scene_counts(problem)] == [0, 1]
    home, kind = int(region.appliances.home[0]), int(region.appliances.kind[0])
    assert problem.scenes[1].counts_change[kind, home] == 1


def test_the_way_home_counts(region: Region, model: CoverModel) -> None:
    """Released now, a crew is home only once it has driven there: the farther, the longer it is away."""
    away = {}
    by_drive = np.argsort(region.station_zone_s[int(region.appliances.home[0])])
    for zone in (int(by_drive[0]), int(by_drive[-1])):
        problem = model.problem(picture_of(region, *committed(region, 0, timedelta(minutes=15), zone)))
        away[zone] = sum(share for share, count in scene_counts(problem) if count == 0)
        expected = min((900.0 + float(region.station_zone_s[int(region.appliances.home[0]), zone])) / 3600, 1)
        assert abs(away[zone] - expected) <= 0.125 + 1e-9
    near, far = away.values()
    assert near < far


@pytest.mark.parametrize(("overdue_min", "scenes"), [(1, 1), (9, 1), (11, 0), (300, 0)])
def test_a_release_long_overdue_says_nothing(
    region: Region, model: CoverModel, overdue_min: int, scenes: int
) -> None:
    near = int(np.argmin(region.station_zone_s[int(region.appliances.home[0])]))
    events = committed(region, 0, timedelta(minutes=-overdue_min), near)
    assert len(model.problem(picture_of(region, *events)).scenes) == scenes


def test_the_newest_word_of_a_release_counts(region: Region, model: CoverModel) -> None:
    near = int(np.argmin(region.station_zone_s[int(region.appliances.home[0])]))
    soon = ApplianceStatusChanged(
        region.appliances.ids[0],
        ApplianceStatus.AT_INCIDENT,
        incident="I1",
        expected_at=NOW + timedelta(minutes=1),
    )
    late = committed(region, 0, timedelta(minutes=55), near)
    assert len(model.problem(picture_of(region, *late)).scenes) == 0
    (scene,) = model.problem(picture_of(region, *late, soon)).scenes
    assert scene.counts_change.sum() == 1


def test_a_stopped_incident_releases_its_crews(region: Region, model: CoverModel) -> None:
    near = int(np.argmin(region.station_zone_s[int(region.appliances.home[0])]))
    late = committed(region, 0, timedelta(minutes=55), near)
    (scene,) = model.problem(picture_of(region, *late, IncidentStopped("I1"))).scenes
    assert scene.counts_change.sum() == 1


def test_an_unknown_release_is_not_guessed(region: Region, model: CoverModel) -> None:
    assert model.problem(picture_of(region, *committed(region, 0, None))).scenes == ()


def test_one_on_the_road_counts_near_where_it_is_until_it_arrives(region: Region, model: CoverModel) -> None:
    home = int(region.appliances.home[0])
    far = int(np.argmax(np.hypot(*(region.stations.en - region.stations.en[home]).T)))
    east, north = region.stations.en[home].tolist()
    moving = ApplianceStatusChanged(
        region.appliances.ids[0],
        ApplianceStatus.RELOCATING,
        region.stations.ids[far],
        expected_at=NOW + timedelta(minutes=15),
        easting_m=east,
        northing_m=north,
    )
    problem = model.problem(picture_of(region, moving))
    kind = int(region.appliances.kind[0])
    assert problem.available[0]
    assert problem.locked[0]
    assert problem.appliance_station[0] == far
    first, second = problem.scenes
    assert (first.counts_change[kind, home], first.counts_change[kind, far]) == (1, -1)
    assert not second.counts_change.any()


def test_a_position_of_long_ago_says_nothing(region: Region, model: CoverModel) -> None:
    home = int(region.appliances.home[0])
    far = int(np.argmax(np.hypot(*(region.stations.en - region.stations.en[home]).T)))
    id_ = region.appliances.ids[0]
    picture = picture_of(region)
    east, north = region.stations.en[home].tolist()
    tracked, moving = (
        AppliancePosition(id_, east, north),
        ApplianceStatusChanged(
            id_,
            ApplianceStatus.RELOCATING,
            region.stations.ids[far],
            expected_at=NOW + timedelta(minutes=15),
        ),
    )
    for age, scenes in ((timedelta(minutes=2), 2), (timedelta(hours=5), 0)):
        after = fold(picture, Event("p", "/test", TYPE_OF[AppliancePosition], NOW - age, region.id, tracked))
        after = fold(after, Event("m", "/test", TYPE_OF[ApplianceStatusChanged], NOW, region.id, moving))
        assert len(model.problem(after).scenes) == scenes


def test_one_off_the_run_is_expected_nowhere(region: Region, model: CoverModel) -> None:
    """Ordered away and then off the run: one word late, and the order still stands in the picture."""
    home = int(region.appliances.home[0])
    far = int(np.argmax(np.hypot(*(region.stations.en - region.stations.en[home]).T)))
    order, _ = accepted(region, far)
    off = ApplianceStatusChanged(region.appliances.ids[0], ApplianceStatus.OFF_RUN)
    picture = picture_of(region)
    for data, time in ((order, NOW), (off, NOW - timedelta(seconds=1))):
        event = Event(f"{time}", "/test", TYPE_OF[type(data)], time, region.id, data)
        picture = fold(picture, event)
    problem = model.problem(picture)
    assert not problem.available[0]
    assert problem.scenes == ()


def accepted(region: Region, to: int) -> tuple[EventData, ...]:
    appliance = region.appliances.ids[0]
    origin, end = region.stations.ids[int(region.appliances.home[0])], region.stations.ids[to]
    return (
        DecisionMade("p", 0, f"{appliance}>{end}", appliance, origin, end, DecisionAction.ACCEPT, "tester"),
        ApplianceStatusChanged(appliance, ApplianceStatus.AVAILABLE, end),
    )


def test_a_crew_moved_lately_is_charged_for_moving_again(region: Region, model: CoverModel) -> None:
    home = int(region.appliances.home[0])
    to = (home + 1) % len(region.stations.ids)
    problem = model.problem(picture_of(region, *accepted(region, to), age=timedelta(minutes=10)))
    assert problem.departing_charge is not None
    assert problem.departing_charge[0] == DEPARTING_SHARE * MoveCostRule().fixed
    assert not problem.departing_charge[1:].any()
    # A twin that stands where the crew went would make the same way back.
    twins = (region.appliances.kind == region.appliances.kind[0]) & (problem.appliance_station == to)
    assert problem.undoing == {(a, home) for a in np.flatnonzero(twins).tolist()}
    assert (0, home) in problem.undoing
    assert problem.undoing_charge == UNDOING_SHARE * MoveCostRule().fixed


def test_after_a_while_it_is_not(region: Region, model: CoverModel) -> None:
    to = (int(region.appliances.home[0]) + 1) % len(region.stations.ids)
    problem = model.problem(picture_of(region, *accepted(region, to), age=timedelta(minutes=90)))
    assert problem.departing_charge is not None
    assert not problem.departing_charge.any()
    assert problem.undoing == frozenset()


def test_min_cover_of_a_station_nobody_knows_is_refused(region: Region) -> None:
    with pytest.raises(ValueError, match="min_cover: station 'Z99' is not of area"):
        CoverModel(region, 6, RejectionRule(timedelta(hours=1), 5), MoveCostRule(), min_cover={"Z99": 1})


def test_a_neighbours_appliance_counts_and_is_never_moved(region: Region) -> None:
    rule, id_ = RejectionRule(timedelta(hours=1), 5), region.appliances.ids[2]
    model = CoverModel(region, 6, rule, MoveCostRule(), min_cover={}, counted_only=[id_])
    problem = model.problem(picture_of(region))
    assert problem.available.all()
    assert problem.locked.nonzero()[0].tolist() == [2]
    with pytest.raises(ValueError, match="counted_only: appliance 'Z999' is not of area"):
        CoverModel(region, 6, rule, MoveCostRule(), min_cover={}, counted_only=["Z999"])
