"""Reports of smoke raise demand around them, bounded and told; dismissed ones leave plan and risk."""

import asyncio
import base64
import math
from datetime import timedelta

import numpy as np
import pytest

from geo.region import Region
from optimiser.cover.move_cost import MoveCostRule
from optimiser.feedback.smoke_demand import MOST_EXTRA_PER_H
from services.cover_model import CoverModel, RejectionRule
from services.cover_solver import Answer, CoverSolver
from services.mailbox import Job
from services.picture import Picture, PictureDraft, empty_picture
from services.picture_view import PictureViewer
from services.raised_demand import STEP
from streams.council_events import ClusterAction
from streams.events import ApplianceStatus, ApplianceStatusChanged, EventData
from tests.services.live import small_region
from tests.services.signals import event, smoke, word, worst_place

REGION = small_region()
VIEWER = PictureViewer(REGION)
WORST = worst_place(REGION)


@pytest.fixture(scope="module")
def model() -> CoverModel:
    return model_of(REGION)


def model_of(region: Region) -> CoverModel:
    return CoverModel(region, 6, RejectionRule(timedelta(hours=1), 5), MoveCostRule(), {})


def picture_of(*data: EventData, start: Picture | None = None, minute: float = 0) -> Picture:
    draft = PictureDraft(start or empty_picture(REGION.id, VIEWER.homes))
    for n, one in enumerate(data):
        draft.take(event(REGION.id, one, minute, f"{minute} {n}"))
    return draft.picture()


def busy() -> Picture:
    """Every appliance of two stations away, so that moves are worth it."""
    region = REGION
    away = [id_ for id_, home in zip(region.appliances.ids, region.appliances.home, strict=True) if home < 2]
    return picture_of(
        *(ApplianceStatusChanged(id_, ApplianceStatus.MOBILISED, incident="BIG") for id_ in away)
    )


def only_cluster(picture: Picture) -> str:
    (name,) = picture.clusters
    return name


def test_demand_rises_around_the_smoke_by_what_the_plan_says(model: CoverModel) -> None:
    quiet = busy()
    seen = picture_of(smoke("S1", WORST, 0, "a"), smoke("S2", WORST, 0, "b"), start=quiet)
    raised = model.raised(seen)
    assert raised is not None and model.raised(quiet) is None
    extra = model.problem(seen).demand_per_h - model.problem(quiet).demand_per_h
    assert np.array_equal(extra[0] > 0, raised.extra_per_h > 0)
    assert np.allclose(extra[0], raised.extra_per_h)
    assert not extra[1:].any(), "nobody knows from a post what else a fire needs"
    (view,) = VIEWER.whole(seen, 0).clusters
    assert raised.total_per_h == pytest.approx(view.confidence, abs=0.01), "one call for a sure thing"
    far = np.hypot(*(REGION.zones.en - np.array(WORST)).T)
    assert far[raised.extra_per_h > 0].max() < 3 * max(250.0, view.radius_m) + 1
    (told,) = raised.clusters
    assert (told.cluster, told.zones) == (only_cluster(seen), raised.zones)
    assert told.extra_per_h == pytest.approx(raised.total_per_h)


def test_confirming_raises_it_to_the_full_and_dismissing_takes_it_away_exactly(model: CoverModel) -> None:
    quiet = busy()
    seen = picture_of(smoke("S1", WORST), start=quiet)
    name = only_cluster(seen)
    confirmed = picture_of(word(name, ClusterAction.CONFIRM), start=seen, minute=1)
    dismissed = picture_of(word(name, ClusterAction.DISMISS), start=seen, minute=1)
    undone = picture_of(word(name, ClusterAction.UNDO), start=dismissed, minute=2)
    raised = [model.raised(p) for p in (seen, confirmed, dismissed, undone)]
    totals = [0.0 if one is None else one.total_per_h for one in raised]
    assert totals[1] == pytest.approx(1.0) and totals[2] == 0
    assert 0 < totals[3] < totals[0] < 1
    before, after = model.problem(quiet).demand_per_h, model.problem(dismissed).demand_per_h
    assert before.tobytes() == after.tobytes()
    assert seen.clusters and dismissed.clusters, "it is remembered, and no longer counted"


def test_a_storm_of_posts_raises_demand_no_further_than_the_bound(model: CoverModel) -> None:
    places = REGION.zones.en[:: max(1, len(REGION.zones.ids) // 40)].tolist()
    posts = [smoke(f"S{n}", (e, no), 0, f"r{n}") for n, (e, no) in enumerate(places)]
    raised = model.raised(picture_of(*posts))
    assert raised is not None and len(raised.clusters) > MOST_EXTRA_PER_H / 0.45
    assert raised.total_per_h == pytest.approx(MOST_EXTRA_PER_H)
    assert sum(one.extra_per_h for one in raised.clusters) == pytest.approx(MOST_EXTRA_PER_H)


def test_it_fades_in_steps_and_is_worked_out_once_for_each(model: CoverModel) -> None:
    seen = picture_of(smoke("S1", WORST))
    within = picture_of(*_tick(), start=seen, minute=0.9 * STEP / timedelta(minutes=1))
    later = picture_of(*_tick(), start=seen, minute=30)
    first = model.raised(seen)
    assert first is not None and model.raised(within) is first
    after = model.raised(later)
    assert after is not None and after.total_per_h == pytest.approx(first.total_per_h / 2**1.5, rel=1e-6)
    assert model.raised(picture_of(*_tick(), start=seen, minute=100)) is None


def _tick() -> list[EventData]:
    return [ApplianceStatusChanged(REGION.appliances.ids[0], ApplianceStatus.OFF_RUN)]


async def solved(pictures: list[Picture]) -> list[Answer]:
    """The proven plan of each, the one before it being in force."""
    solver = CoverSolver(REGION, model_of(REGION))
    answers: list[Answer] = []
    try:
        for offset, picture in enumerate(pictures):
            job = Job(picture, offset, 0, offset)
            first = await solver.first(job, answers[-1].plan if answers else None)
            answers.append(await solver.proven(job, first, 20.0, lambda: False))
    finally:
        solver.close()
    return answers


def test_dismissing_restores_plan_and_risk() -> None:
    """Also where the plan with the smoke counted is the one in force when it is dismissed."""
    quiet = busy()
    seen = picture_of(*(smoke(f"S{n}", WORST, 0, f"r{n}") for n in range(6)), start=quiet)
    dismissed = picture_of(word(only_cluster(seen), ClusterAction.DISMISS), start=seen, minute=0.01)
    before, with_smoke, after = asyncio.run(solved([quiet, seen, dismissed]))
    plan, smoky, again = before.plan, with_smoke.plan, after.plan
    assert [p.certificate for p in (plan, smoky, again)] == ["proven"] * 3
    assert smoky.before.risk > plan.before.risk and smoky.before.first_share != plan.before.first_share
    assert (again.before, again.after, again.objective) == (plan.before, plan.after, plan.objective)
    assert [m.move_id for m in again.moves] == [m.move_id for m in plan.moves] != []
    assert plan.demand_raised is None and again.demand_raised is None
    told = smoky.demand_raised
    assert told is not None and told.zones > 0 and len(told.clusters) == 1
    usual = float(REGION.demand_per_h[0, REGION.hour_of_week(seen.as_of)].sum())
    assert told.share == pytest.approx(told.extra_per_h / (usual + told.extra_per_h), abs=1e-4)
    assert (before.bands.raised, after.bands.raised) == ("", "")
    raised = np.frombuffer(base64.b64decode(with_smoke.bands.raised), np.uint8)
    assert len(raised) == len(REGION.zones.ids) and np.count_nonzero(raised) == told.zones
    assert math.ceil(told.extra_per_h * 100) <= raised.sum() <= told.extra_per_h * 100 + told.zones
