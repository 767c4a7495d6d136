"""Rounds that will be back later than shift and overtime allow, told of once for each version of the day.

Asked by the rounds' solver. It says which rounds are late; what to do about them is for the search.
"""

from collections.abc import Callable

from services.council.day_figures import RoundForecasts
from services.council.day_picture import DayPicture
from services.council.day_problem import DayProblems
from streams.rounds_plan import Cause, CauseKind

MOST_LATE = 3
"""So many are answered on one version of the day at a time, the latest first."""


class LateRounds:
    """Late rounds of one council, for one thread."""

    def __init__(self, problems: DayProblems) -> None:
        self._problems = problems
        self._forecasts = RoundForecasts(problems)
        self._told: dict[str, tuple[int, object]] = {}

    def causes(self, picture: DayPicture, cancelled: Callable[[], bool] = lambda: False) -> list[Cause]:
        """Rounds that are late and were not told of on this version of the day, the latest first.

        None where it is cancelled, which is asked before each round.
        """
        fleet, number = self._problems.ground.fleet, self._problems.council.vehicle_number
        late = []
        for vehicle in picture.rounds:
            if cancelled():
                return []
            forecast, n = self._forecasts.of(picture, vehicle), number[vehicle]
            over_s = forecast.finish_s - float(fleet.shift_end_s[n] + fleet.max_overtime_s[n])
            at_work = not forecast.lost and forecast.to_do
            if at_work and over_s > 0 and self._told.get(vehicle) != (picture.version, picture.date):
                late.append((-over_s, vehicle))
        return [Cause(CauseKind.LATE, vehicle) for _, vehicle in sorted(late)[:MOST_LATE]]

    def told(self, picture: DayPicture, cause: Cause) -> None:
        """Remember that this one was answered."""
        self._told[cause.id] = (picture.version, picture.date)
