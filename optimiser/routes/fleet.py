"""The vehicles of a day's rounds: where they begin and end, how long, and what they may carry.

Part of `optimiser.routes.problem`; arrays over V vehicles and K materials. Never holds a plan.
"""

from dataclasses import dataclass

from optimiser.routes.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Fleet:
    """V vehicles; times in seconds of the day (any common origin), loads in the problem's own unit.

    Parameters
    ----------
    ids
        Names, V of them.
    start, end
        Location where the day begins and ends (a depot), (V,).
    shift_start_s, shift_end_s
        Regular shift, (V,): not out of the depot before, back by then, or overtime runs.
    max_overtime_s
        Hard: not back later than `shift_end_s + max_overtime_s`, (V,).
    capacity
        What it holds of each material at a time, (V, K).
    daily_load
        What it may collect of each material in a day, (V, K); inf for no limit.
    daily_stops
        Stops it may serve in a day, (V,); inf for no limit.
    max_trips
        Visits to tips in a day, (V,).
    break_earliest_s, break_latest_s
        The crew's break starts within these, (V,).
    break_s
        Its length, (V,); 0 where none is due any more. A round that is over by `break_latest_s` needs none.
    skills
        Bits of what crew and vehicle can do, (V,).
    turns
        Whether it gets through a street in which reversing is not allowed, (V,).
    fixed_cost
        Cost of using it at all, (V,).
    """

    ids: tuple[str, ...]
    start: IntArray
    end: IntArray
    shift_start_s: FloatArray
    shift_end_s: FloatArray
    max_overtime_s: FloatArray
    capacity: FloatArray
    daily_load: FloatArray
    daily_stops: FloatArray
    max_trips: IntArray
    break_earliest_s: FloatArray
    break_latest_s: FloatArray
    break_s: FloatArray
    skills: IntArray
    turns: BoolArray
    fixed_cost: FloatArray

    def __len__(self) -> int:
        return len(self.ids)
