"""A council, or some of it, is posed to the engine as it is; rounds and words say the same."""

from dataclasses import replace

import numpy as np
import pytest

from optimiser.routes.checker import check
from optimiser.routes.plan import DayPlan, Kind, Visit
from services.council.council_problem import council_problem, round_of_words, words_of_round
from tests.geo.councils import grid_council, stops_along


def test_the_rounds_of_the_small_council_keep_every_rule() -> None:
    council = grid_council()
    posed = council_problem(council)
    rounds = [round_of_words(words, council.stop_number, council.tip_number) for words in council.rounds]
    verdict = check(posed.problem, DayPlan(tuple(rounds)))
    assert verdict.feasible, verdict.violations[:3]
    assert verdict.cost.vehicles == 3 * council.costs.vehicle_day
    # 20 pounds an hour and 1 pound a kilometre.
    drive = verdict.cost.drive_s / 3_600 * 20 + verdict.cost.dist_m / 1_000
    assert verdict.cost.legs == pytest.approx(drive)


def test_some_vehicles_and_stops_are_posed_by_themselves() -> None:
    council = grid_council()
    stops = stops_along(council, ["ST0005", "ST0006"])
    posed = council_problem(council, [1], stops)
    problem = posed.problem
    assert problem.fleet.ids == ("RCV02",)
    assert problem.stops.ids == tuple(council.stops.ids[at] for at in stops)
    # Two streets of six nodes each, the depot, and one tip that is not on them.
    assert len(posed.nodes) == 14
    assert np.array_equal(posed.nodes[problem.stops.entry], council.stops.entry[stops])
    assert np.array_equal(posed.nodes[problem.tips.location], council.tips.node)
    at = posed.nodes[problem.fleet.start[0]], posed.nodes[problem.stops.exit[7]]
    assert problem.travel_s[problem.fleet.start[0], problem.stops.exit[7]] == council.travel_s[at]


def test_bans_skills_and_turns_are_handed_on() -> None:
    council = grid_council()
    skills = council.stops.skills.copy()
    skills[5] = 1
    problem = council_problem(replace(council, stops=replace(council.stops, skills=skills))).problem
    assert problem.stops.skills[5] == 1
    assert problem.fleet.skills.tolist() == [0, 0, 1]
    assert problem.fleet.turns.tolist() == [False, True, True]
    assert np.isfinite(problem.stops.ban_from_s[:, 0]).sum() == 10
    assert (problem.stops.unserved_cost == council.costs.unserved_stop).all()


def test_words_and_visits_say_the_same() -> None:
    council = grid_council()
    words = ["S00003", "S00001<", "break", "tip:T2", "break>", "S00120"]
    visits = round_of_words(words, council.stop_number, council.tip_number)
    assert visits == (
        Visit(Kind.STOP, 2),
        Visit(Kind.STOP, 0, True),
        Visit(Kind.BREAK, 0),
        Visit(Kind.TIP, 1),
        Visit(Kind.BREAK, 1),
        Visit(Kind.STOP, 119),
    )
    assert words_of_round(visits, council.stops.ids, council.tips.ids) == words


@pytest.mark.parametrize("word", ["S00121", "tip:T3", "", "break<"])
def test_an_unknown_word_is_refused(word: str) -> None:
    council = grid_council()
    with pytest.raises(KeyError):
        round_of_words([word], council.stop_number, council.tip_number)
