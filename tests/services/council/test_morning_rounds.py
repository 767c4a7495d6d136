"""Rounds of the morning keep every rule, leave nothing out, and say so where that cannot be."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from geo.council import Council
from geo.council_pack import load_council, save_council
from geo.region_pack import save_region
from services.cli.main import main
from services.council.morning_rounds import MARGIN_S, MorningError, judged, past_weeks, with_morning_rounds
from services.council.round_areas import groups_of
from tests.geo.cities import small_city
from tests.geo.councils import grid_council, small_council


@cache
def planned() -> Council:
    """Return the small council with rounds, planned in a second."""
    return with_morning_rounds(small_council(), seed=3, seconds_a_vehicle=0.3)


def test_every_stop_is_in_one_group_of_vehicles_of_one_depot() -> None:
    council = small_council()
    vehicles = replace(council.vehicles, depot=np.array([0, 1, 0, 1]), skills=np.ones(4, dtype=np.int64))
    depots = replace(
        council.depots,
        ids=("D1", "D2"),
        names=("One", "Two"),
        node=np.array([0, 90]),
        en=council.roads.node_en[[0, 90]],
    )
    council = replace(council, vehicles=vehicles, depots=depots)
    groups = groups_of(council, council.vehicles.shift_end_s)
    assert [group.vehicles.tolist() for group in groups] == [[0, 2], [1, 3]]
    stops = np.concatenate([group.stops for group in groups])
    assert np.array_equal(np.sort(stops), np.arange(len(council.stops.ids)))
    work_s = [float(council.stops.service_s[group.stops].sum()) for group in groups]
    assert max(work_s) < 1.6 * min(work_s)


def test_groups_are_next_to_each_other_and_have_work_by_their_vehicles() -> None:
    council = small_council()
    vehicles = council.vehicles
    many = replace(
        vehicles,
        **{
            name: np.tile(getattr(vehicles, name), (6, 1) if name == "capacity" else 6)
            for name in vehicles.__slots__
            if name != "ids"
        },
        ids=tuple(f"V{at:02d}" for at in range(24)),
    )
    council = replace(council, vehicles=many, rounds=((),) * 24)
    groups = groups_of(council, many.shift_end_s)
    assert len(groups) == 4
    assert all((many.skills[group.vehicles] > 0).any() for group in groups)
    work_s = [float(council.stops.service_s[group.stops].sum()) for group in groups]
    assert max(work_s) < 1.5 * min(work_s)
    # The middles of the four pieces lie apart; a random deal would put them all in one place.
    middles = np.array([council.stops.en[group.stops].mean(axis=0) for group in groups])
    apart = np.hypot(*(middles[:, None] - middles[None]).transpose(2, 0, 1))[np.triu_indices(4, 1)]
    spread = float(np.hypot(*council.stops.en.std(axis=0)))
    assert apart.min() > 0.4 * spread


def test_the_rounds_keep_every_rule_and_leave_nothing_out() -> None:
    council = planned()
    verdict = judged(council)
    assert verdict.feasible, verdict.violations[:3]
    assert verdict.cost.unserved_stops == 0
    served = [word.removesuffix("<") for words in council.rounds for word in words if word.startswith("S")]
    assert sorted(served) == sorted(council.stops.ids)
    for sheet in verdict.rounds:
        assert sheet.finish_s <= council.vehicles.shift_end_s[sheet.vehicle] - MARGIN_S + 1e-6
        assert sheet.overtime_s == 0


def test_the_rounds_come_back_from_the_pack(tmp_path: Path) -> None:
    save_council(planned(), tmp_path / "council")
    assert load_council(tmp_path / "council").rounds == planned().rounds


def test_the_weeks_before_are_like_today_and_always_the_same() -> None:
    council = planned()
    verdict = judged(council)
    past = past_weeks(council, verdict, 3)
    assert past.labels[0] == "6 weeks ago"
    assert past.labels[-1] == "1 week ago"
    today = verdict.cost.total / council.stops.households.sum()
    assert np.abs(past.cost_per_collection / today - 1).max() < 0.15
    assert np.abs(past.distance_km / (verdict.cost.dist_m / 1_000) - 1).max() < 0.2
    assert np.array_equal(past.missed_per_1000, council.past.missed_per_1000)
    assert not np.array_equal(past.missed_per_1000, past_weeks(council, verdict, 4).missed_per_1000)


def test_too_much_work_is_told_by_its_stops() -> None:
    council = grid_council()
    day_long = replace(council.stops, service_s=np.full(len(council.stops.ids), 3_600.0))
    with pytest.raises(MorningError, match=r"rounds: \d+ stops, S\d{5} among them, fit into none of RCV01"):
        with_morning_rounds(replace(council, stops=day_long), seconds_a_vehicle=0.05)


def test_a_stop_left_out_of_the_rounds_is_unserved() -> None:
    council = planned()
    first = next(at for at, words in enumerate(council.rounds) if words)
    without = tuple(word for word in council.rounds[first] if not word.startswith("S"))
    rounds = (*council.rounds[:first], without, *council.rounds[first + 1 :])
    verdict = judged(replace(council, rounds=rounds))
    assert verdict.cost.unserved_stops == sum(word.startswith("S") for word in council.rounds[first])


@pytest.mark.slow
def test_the_command_makes_a_pack_and_shows_it(tmp_path: Path) -> None:
    save_region(small_city(), tmp_path / "city")
    folder = str(tmp_path / "council")
    args = ["council", "demo", folder, "--region", str(tmp_path / "city"), "--size", "small", "--seed", "3"]
    made = CliRunner().invoke(main, args)
    assert made.exit_code == 0, made.output
    assert "checking every rule" in made.output
    shown = CliRunner().invoke(main, ["council", "show", folder])
    assert shown.exit_code == 0, shown.output
    assert "4,800 properties with UPRNs" in shown.output
    assert "every rule kept; 0 stops left out" in shown.output


def test_a_folder_of_other_things_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    made = CliRunner().invoke(main, ["council", "demo", str(tmp_path), "--size", "small"])
    assert made.exit_code == 1
    assert "not a council pack" in made.output
    shown = CliRunner().invoke(main, ["council", "show", str(tmp_path)])
    assert shown.exit_code == 1
    assert "cover council demo" in shown.output
