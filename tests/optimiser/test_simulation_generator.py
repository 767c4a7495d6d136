"""The incident generator: rates as the forecast says, the same seed the same day, and large incidents."""

from itertools import islice, pairwise

import numpy as np
import pytest

from optimiser.simulation.brigade import Brigade
from optimiser.simulation.brigade_world import BrigadeWorld
from optimiser.simulation.incident import Incident
from optimiser.simulation.incident_generator import PUMP_SHARES, IncidentGenerator, IncidentMix

pytestmark = pytest.mark.slow

STRENGTH = (20, 6)


def demand() -> np.ndarray:
    """Two kinds, four zones; nights at half, one zone empty, twice the demand in zone 3."""
    by_zone = np.array([2.0, 1.0, 0.0, 6.0])
    by_hour = np.where(np.arange(168) % 24 < 6, 0.5, 1.0)
    pumps = by_hour[:, None] * by_zone
    return np.stack([pumps, 0.25 * pumps])


def until(generator: IncidentGenerator, end_s: float) -> list[Incident]:
    found: list[Incident] = []
    for incident in generator:
        if incident.at_s >= end_s:
            return found
        found.append(incident)
    raise AssertionError("the stream has no end")


def test_counts_match_the_demand_by_hour_zone_and_kind() -> None:
    weeks = 8
    found = until(IncidentGenerator(demand(), STRENGTH, seed=3), weeks * 168 * 3_600.0)
    expected = demand()[0].sum() * weeks
    assert abs(len(found) - expected) < 5 * np.sqrt(expected)
    hour = np.array([int(i.at_s // 3_600) % 168 for i in found])
    nights = demand()[0][np.arange(168) % 24 < 6].sum() * weeks
    assert abs((hour % 24 < 6).sum() - nights) < 5 * np.sqrt(nights)
    by_zone = np.bincount([i.zone for i in found], minlength=4)
    wanted = demand()[0].sum(axis=0) * weeks
    assert by_zone[2] == 0
    assert (np.abs(by_zone - wanted) <= 5 * np.sqrt(wanted) + 1e-9).all()
    aerials = sum(i.required[1] for i in found)
    assert abs(aerials - expected / 4) < 5 * np.sqrt(expected / 4)


def test_pumps_and_durations_are_as_described() -> None:
    found = list(islice(IncidentGenerator(demand(), STRENGTH, seed=5), 20_000))
    shares = np.bincount([i.required[0] for i in found])[1:] / len(found)
    assert np.abs(shares - PUMP_SHARES).max() < 0.02
    one = np.mean([i.on_scene_s for i in found if i.required[0] == 1])
    five = np.mean([i.on_scene_s for i in found if i.required[0] == 5])
    assert 1_740 < one < 1_860
    assert five > 1.35 * one


def test_same_seed_same_incidents_and_another_seed_others() -> None:
    first, again, other = (
        list(islice(IncidentGenerator(demand(), STRENGTH, seed=s), 500)) for s in (1, 1, 2)
    )
    assert first == again
    assert first != other
    assert all(a.at_s <= b.at_s for a, b in pairwise(first))


def test_start_hour_says_which_hour_of_the_week_it_is() -> None:
    only_friday_evening = np.zeros((168, 2))
    only_friday_evening[4 * 24 + 17] = 30.0
    generator = IncidentGenerator(only_friday_evening, (5,), seed=1, start_s=0.0, start_hour=4 * 24 + 17.5)
    found = until(generator, 1_800.0 + 100 * 3_600)
    assert len(found) > 3
    assert max(i.at_s for i in found) < 1_800.0


def test_large_incidents_come_at_intervals_and_are_large() -> None:
    mix = IncidentMix(large_every_s=10_800.0, large_first_s=120.0)
    found = until(IncidentGenerator(demand(), STRENGTH, seed=7, mix=mix), 100 * 10_800.0)
    large = [i for i in found if i.reinforcements]
    assert large[0].at_s == 120.0
    assert 85 < len(large) < 115
    assert all(8 <= i.reinforcements[-1].required[0] <= 15 for i in large)
    assert all(5_400 <= i.on_scene_s <= 10_800 for i in large)


def test_never_asks_for_more_than_there_is() -> None:
    mix = IncidentMix(large_every_s=3_600.0)
    found = list(islice(IncidentGenerator(demand(), (3, 0), seed=1, mix=mix), 500))
    assert max(max(i.required[0], *(s.required[0] for s in i.reinforcements), 0) for i in found) == 3
    assert all(i.required[1] == 0 for i in found)


def test_a_generated_week_runs_out_and_everyone_comes_home() -> None:
    random = np.random.default_rng(0)
    world = BrigadeWorld(
        random.uniform(60, 900, (5, 4)),
        random.uniform(60, 900, (5, 5)),
        70.0,
        np.arange(26) % 5,
        np.repeat([0, 1], STRENGTH),
    )
    brigade = Brigade(world)
    mix = IncidentMix(large_every_s=20_000.0)
    for incident in until(IncidentGenerator(demand() / 4, world.strength(), seed=2, mix=mix), 7 * 86_400.0):
        brigade.call(incident)
    brigade.advance(1e9)
    assert brigade.idle
    assert all(brigade.place(a)[:2] == ("available", int(world.appliance_home[a])) for a in range(26))


def test_bad_demand_and_mix_say_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="168"):
        IncidentGenerator(np.ones((24, 3)), (1,), seed=1)
    with pytest.raises(ValueError, match="more than 0"):
        IncidentGenerator(np.zeros((168, 3)), (1,), seed=1)
    with pytest.raises(ValueError, match="pump_shares"):
        IncidentMix(pump_shares=(0.5, 0.4))
    with pytest.raises(ValueError, match="large_pumps"):
        IncidentMix(large_pumps=(9, 8))
