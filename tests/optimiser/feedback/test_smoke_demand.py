"""What smoke adds to demand: near it, no more than it is worth, and nothing where there is none."""

from datetime import timedelta

import numpy as np
import pytest

from optimiser.feedback.clusters import Category, WordAction, with_report, with_word
from optimiser.feedback.smoke_demand import EXTRA_PER_H, MOST_EXTRA_PER_H, demand_factor, extra_demand_per_h
from tests.optimiser.feedback.test_clusters import START, folded, only, report

ZONES = np.array([[0.0, 0.0], [300.0, 0.0], [2_000.0, 0.0], [50_000.0, 0.0]])


def test_near_zones_gain_what_the_cluster_is_worth() -> None:
    clusters = folded([report("A")])
    extra = extra_demand_per_h(clusters.values(), ZONES, START)
    assert extra.sum() == pytest.approx(EXTRA_PER_H * only(clusters).confidence)
    assert extra[0] > extra[1] > 0 and extra[2] == extra[3] == 0
    later = extra_demand_per_h(clusters.values(), ZONES, START + timedelta(minutes=20))
    assert later.sum() == pytest.approx(extra.sum() / 2)


def test_only_smoke_counts_and_a_dismissal_takes_it_back() -> None:
    other = folded([report("A", category=Category.FLOODING)])
    assert not extra_demand_per_h(other.values(), ZONES, START).any()
    smoke = folded([report("A")])
    dismissed = with_word(smoke, only(smoke).cluster, WordAction.DISMISS, (START, 1, "x"))
    assert not extra_demand_per_h(dismissed.values(), ZONES, START).any()
    undone = with_word(dismissed, only(smoke).cluster, WordAction.UNDO, (START, 2, "x"))
    assert (
        extra_demand_per_h(undone.values(), ZONES, START) == extra_demand_per_h(smoke.values(), ZONES, START)
    ).all()


def test_a_storm_of_posts_is_bounded() -> None:
    clusters = folded([])
    for place in range(60):
        for n in range(4):
            one = report(f"{place}-{n}", x=place * 900.0, reporter=f"{n:016x}")
            clusters = with_report(clusters, one)
    extra = extra_demand_per_h(clusters.values(), ZONES, START)
    assert extra.sum() == pytest.approx(MOST_EXTRA_PER_H)


def test_a_cluster_between_zones_goes_to_the_nearest_and_far_ones_to_none() -> None:
    near = extra_demand_per_h(folded([report("A", x=4_000)]).values(), ZONES, START)
    assert near[2] > 0 and near.sum() == near[2]
    assert not extra_demand_per_h(folded([report("A", x=25_000)]).values(), ZONES, START).any()
    assert extra_demand_per_h(folded([report("A")]).values(), np.zeros((0, 2)), START).shape == (0,)


def test_the_factor_holds_the_same_raise() -> None:
    clusters = folded([report("A")])
    demand = np.array([0.1, 0.0, 0.2, 0.2])
    factor = demand_factor(clusters.values(), ZONES, demand, START)
    extra = extra_demand_per_h(clusters.values(), ZONES, START)
    assert (factor >= 1).all() and factor[1] == 1
    assert demand[0] * factor[0] == pytest.approx(demand[0] + extra[0])
