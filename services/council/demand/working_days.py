"""Working days of councils in England and Wales: Monday to Friday, but for bank holidays.

Called by the missed-collection rule. The holidays (Easter, substitute days, those proclaimed for one year)
are the `holidays` library's; one proclaimed after the pinned version is not known here.
"""

from datetime import date, timedelta
from functools import cache

import holidays

_SATURDAY = 5
_LONGEST_BREAK_DAYS = 14
"""No run of days off is longer; a search that passes this is wrong."""


@cache
def bank_holidays(year: int) -> dict[date, str]:
    """Bank holidays of a year in England and Wales, with their names."""
    table = holidays.country_holidays("GB", subdiv="ENG", years=year)
    return {day: name for day, name in table.items() if day.year == year}


def is_working_day(day: date) -> bool:
    """Whether a council's office works that day."""
    return day.weekday() < _SATURDAY and day not in bank_holidays(day.year)


def working_days_after(day: date, count: int) -> date:
    """The `count`th working day after `day`, which itself does not count."""
    for _ in range(count):
        for ahead in range(1, _LONGEST_BREAK_DAYS + 1):
            if is_working_day(day + timedelta(days=ahead)):
                day += timedelta(days=ahead)
                break
        else:
            raise ValueError(f"no working day within {_LONGEST_BREAK_DAYS} days of {day}")
    return day
