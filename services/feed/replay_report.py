"""What a replay found, in numbers: written as JSON and printed as lines.

Filled by the replay, shown by `cover replay`. Never measures anything itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import msgspec
import numpy as np

from geo.lfb_records import CallDays
from services.feed.two_worlds import Attendance

Arrivals = Literal["open", "flat out", "closed loop"]
"""What the feed's pace depends on: a clock; how fast the service takes events; when its plans come."""
ARRIVALS_WORDS: dict[Arrivals, str] = {
    "open": "from when an event was due",
    "flat out": "flat out: from when its request began, queueing before that not counted",
    "closed loop": "closed loop: the feed waits for each plan, so this is no figure under load",
}

METHOD = (
    "Two brigades get identical calls (time, zone, pumps, time on scene, recorded stations asked first); one "
    "carries out the accepted moves. Attendance in both is the modelled time (turnout and travel of the "
    "region's matrices) of the nearest and second nearest available pump at the moment of each call; the "
    "second only for calls that asked for two or more at first. Pumps on the road count by the way left to "
    "drive, with full turnout. Moves are ordered a decision delay after the picture they were planned from, "
    "never earlier than the simulation stands. Pumps and time on scene are from the record (PumpCount, "
    "PumpMinutesRounded / PumpCount, 5 minutes to 4 hours). Calls of many dates are cut into simulated days "
    "and keep their time of day. A region whose demand was fitted on the calls that are replayed knows their "
    "places in the long run; one fitted on the other half of the days (--calls) does not."
)


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """The figures of one replay; times of day are simulated, durations and latencies are real.

    Attributes
    ----------
    calls
        Which days' calls were replayed; `region_attribution` says where the region's demand is from.
    moves_proposed
        Distinct moves (appliance and station) over all plans; `moves_accepted` and `moves_carried_out`
        count every time.
    reversals, reversals_per_100
        Accepted moves that undid one ordered within half an hour before, in simulated time; see
        `optimiser.cover.stability`.
    without_moves, with_moves
        Attendance in the two worlds; `with_moves` is None where none were to be accepted.
    in_time_only_with, in_time_only_without
        Calls on which only one of the worlds had its first appliance in time.
    event_to_plan_p50_ms, event_to_plan_p99_ms, event_to_plan_max_ms
        To the plan received that answers an event, from the moment the event was due (at a speed: lateness
        of the feed itself and waiting to be sent count) or its request began (flat out and closed loop);
        every event counts, with the wait of the first of its batch. Unserved events are in no percentile.
    arrivals
        Whether the feed's pace hung on the service: open, flat out, or closed loop (lock-step).
    events_unserved
        Events for which no plan had come when the wait for the last plan was over; a failure.
    plans_awaited_in_vain
        How often lock-step went on without the plan it had waited for.
    most_behind_s
        At a speed, the most an event was handed over after its due time.
    gap_p50, gap_p95
        Over the plans that carried a gap, each plan's last word.
    """

    run_id: str
    area: str
    speed: str
    accept: str
    calls: CallDays
    region_attribution: str
    density: int
    simulated_days: int
    skipped_outside_region: int
    incidents: int
    events: int
    duplicates: int
    plans: int
    moves_proposed: int
    moves_accepted: int
    moves_refused: int
    moves_carried_out: int
    reversals: int
    reversals_per_100: float
    first_target_s: float
    second_target_s: float
    without_moves: Attendance
    with_moves: Attendance | None
    in_time_only_with: int
    in_time_only_without: int
    arrivals: Arrivals
    event_to_plan_samples: int
    event_to_plan_p50_ms: float | None
    event_to_plan_p99_ms: float | None
    event_to_plan_max_ms: float | None
    events_unserved: int
    plans_awaited_in_vain: int
    plans_with_gap: int
    gap_p50: float | None
    gap_p95: float | None
    dead_letters: int
    incidents_left_open: int
    retries: int
    most_behind_s: float
    duration_s: float
    events_per_s: float
    picture_digest: str
    method: str = field(default=METHOD)

    @property
    def failures(self) -> list[str]:
        """What must not have happened and did."""
        found = []
        if self.incidents_left_open:
            found.append(f"{self.incidents_left_open} incidents were left open")
        if self.events_unserved:
            found.append(f"{self.events_unserved} events were never answered by a plan")
        if self.dead_letters:
            found.append(f"{self.dead_letters} events became dead letters")
        return found

    def to_json(self) -> bytes:
        """Return the report as indented JSON."""
        content: dict[str, Any] = asdict(self)
        return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"

    def lines(self) -> Iterator[str]:
        """Yield the report line by line."""
        yield (
            f"incidents            {self.incidents} in {self.simulated_days} simulated days "
            f"(calls: {self.calls})"
        )
        yield f"events               {self.events} ({self.events_per_s:.0f} /s over {self.duration_s:.0f} s)"
        yield f"plans                {self.plans}"
        yield (
            f"moves                {self.moves_proposed} different ones proposed; accepted "
            f"{self.moves_accepted} times, {self.moves_refused} no longer possible, "
            f"{self.moves_carried_out} carried out"
        )
        yield (
            f"reversals            {self.reversals} accepted moves undid a recent one "
            f"({self.reversals_per_100:.1f} per 100)"
        )
        yield f"without moves        {self._attendance_words(self.without_moves)}"
        if self.with_moves is None:
            yield "with moves           not measured: no move was to be accepted (--accept all does)"
        else:
            yield f"with moves           {self._attendance_words(self.with_moves)}"
            yield (
                f"first in time        on {self.in_time_only_with} calls only with moves, on "
                f"{self.in_time_only_without} only without"
            )
        yield (
            f"event to plan        p50 {_number(self.event_to_plan_p50_ms, '.1f')} ms, "
            f"p99 {_number(self.event_to_plan_p99_ms, '.1f')} ms, "
            f"most {_number(self.event_to_plan_max_ms, '.1f')} ms ({self.event_to_plan_samples} events; "
            f"{ARRIVALS_WORDS[self.arrivals]})"
        )
        if self.arrivals == "open":
            yield f"most behind          {self.most_behind_s:.3f} s (the feed itself; counted as waiting)"
        yield f"events unserved      {self.events_unserved} (no plan answered them)"
        yield f"plans missed         {self.plans_awaited_in_vain} (lock-step went on without them)"
        yield (
            f"gap                  p50 {_number(self.gap_p50, '.5%')}, p95 {_number(self.gap_p95, '.5%')} "
            f"({self.plans_with_gap} plans carried one)"
        )
        yield f"requests repeated    {self.retries} (the service was away or busy)"
        yield f"dead letters         {self.dead_letters}"
        yield f"incidents left open  {self.incidents_left_open}"

    def _attendance_words(self, found: Attendance) -> str:
        first_min, second_min = self.first_target_s / 60, self.second_target_s / 60
        return (
            f"first within {first_min:g} min {_number(found.first_share, '.2%')} "
            f"(mean {_number(found.first_mean_s, '.0f')} s, {found.calls} calls); "
            f"second within {second_min:g} min {_number(found.second_share, '.2%')} "
            f"(mean {_number(found.second_mean_s, '.0f')} s, {found.calls_for_two} calls)"
        )


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Return a percentile; None of nothing."""
    return float(np.percentile(values, percent)) if values else None


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
