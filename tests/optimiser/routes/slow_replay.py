"""A replay of a plan that literally counts seconds, to hold the checker against: slow and plain.

Called by `test_checker.py` only, with problems in whole seconds. It shares no code with the checker.
"""

from dataclasses import dataclass, field
from math import inf, isnan

from optimiser.routes.plan import BREAK_ON_ARRIVAL, DayPlan, Kind, Round, Visit
from optimiser.routes.problem import RouteProblem


@dataclass
class Diary:
    """What happened in a round: rules broken as (code, position, stop), times by position, and the sums."""

    broken: set[tuple[str, int, int]] = field(default_factory=set)
    begin: dict[int, int] = field(default_factory=dict)
    finish: dict[int, int] = field(default_factory=dict)
    back_s: float = 0.0
    drive_s: float = 0.0
    dist_m: float = 0.0


def real(problem: RouteProblem, visit: Visit) -> bool:
    limit = {0: len(problem.stops), 1: len(problem.tips), 2: 2}[int(visit.kind)]
    return 0 <= visit.index < limit


def may_begin(problem: RouteProblem, stop: int, second: int, *, with_bans: bool) -> bool:
    s = problem.stops
    if not any(a <= second <= b for a, b in zip(s.window_open_s[stop], s.window_close_s[stop], strict=True)):
        return False
    length = int(s.service_s[stop])
    for a, b in zip(s.ban_from_s[stop], s.ban_until_s[stop], strict=True):
        if not with_bans or a == inf:
            continue
        if length == 0 and a < second < b:
            return False
        if any(a <= t < b for t in range(second, second + length)):
            return False
    return True


def tip_open(problem: RouteProblem, tip: int, second: int) -> bool:
    opens, closes = problem.tips.window_open_s[tip], problem.tips.window_close_s[tip]
    return any(a <= second <= b for a, b in zip(opens, closes, strict=True))


def trip_release(problem: RouteProblem, visits: Round, position: int) -> float:
    """Latest release of the trip that `position` opens; -inf where it is in the midst of one."""
    before = [v for v in visits[:position] if real(problem, v) and v.kind != Kind.BREAK]
    if before and before[-1].kind != Kind.TIP:
        return -inf
    latest = -inf
    for visit in visits[position:]:
        if real(problem, visit) and visit.kind == Kind.TIP:
            break
        if real(problem, visit) and visit.kind == Kind.STOP:
            latest = max(latest, float(problem.stops.release_s[visit.index]))
    return latest


def replay(problem: RouteProblem, vehicle: int, visits: Round) -> Diary:
    f, diary, past = problem.fleet, Diary(), problem.in_force
    lost = past is not None and bool(past.lost[vehicle])
    done = 0 if past is None else int(past.done[vehicle])
    free = float("nan") if past is None else float(past.free_s[vehicle])
    known = 0 if isnan(free) else min(done, len(visits))
    clock = int(f.shift_start_s[vehicle]) if isnan(free) else int(free)
    place, already_there, rests = int(f.start[vehicle]), False, 0
    for position, visit in enumerate(visits):
        if not real(problem, visit):
            diary.broken.add(("unknown", position, -1))
            continue
        if position < known:
            if visit.kind == Kind.BREAK:
                rests += 1
            else:
                place, _ = move(problem, diary, place, visit, 0)
            continue
        if visit.kind == Kind.BREAK:
            if visit.index == BREAK_ON_ARRIVAL and not already_there:
                coming = [v for v in visits[position:] if real(problem, v) and v.kind != Kind.BREAK]
                if coming:
                    while clock < trip_release(problem, visits, visits.index(coming[0], position)):
                        clock += 1
                    clock += drive_s(problem, place, first_place(problem, coming[0]))
                elif not lost:
                    clock += drive_s(problem, place, int(f.end[vehicle]))
                already_there = True
            while clock < f.break_earliest_s[vehicle]:
                clock += 1
            if f.break_s[vehicle] == 0 or rests or clock > f.break_latest_s[vehicle]:
                diary.broken.add(("break", position, -1))
            rests += 1
            diary.begin[position] = clock
            clock += int(f.break_s[vehicle])
        else:
            if not already_there:
                while clock < trip_release(problem, visits, position):
                    clock += 1
            place, spent = move(problem, diary, place, visit, clock)
            clock += 0 if already_there else spent
            already_there = False
            clock = serve(problem, diary, visit, position, clock)
        diary.finish[position] = clock
    if not lost:
        home = int(f.end[vehicle])
        clock += 0 if already_there else drive_s(problem, place, home)
        diary.drive_s += float(problem.travel_s[place, home])
        diary.dist_m += float(problem.dist_m[place, home])
        if clock > f.shift_end_s[vehicle] + f.max_overtime_s[vehicle]:
            diary.broken.add(("shift", -1, -1))
        if f.break_s[vehicle] > 0 and clock > f.break_latest_s[vehicle] and not rests:
            diary.broken.add(("break", -1, -1))
    diary.back_s = clock
    judge(problem, diary, vehicle, visits, known, lost)
    return diary


def first_place(problem: RouteProblem, visit: Visit) -> int:
    if visit.kind == Kind.TIP:
        return int(problem.tips.location[visit.index])
    return int((problem.stops.exit if visit.backward else problem.stops.entry)[visit.index])


def drive_s(problem: RouteProblem, a: int, b: int) -> int:
    return int(problem.travel_s[a, b])


def move(problem: RouteProblem, diary: Diary, place: int, visit: Visit, clock: int) -> tuple[int, int]:
    there = first_place(problem, visit)
    diary.drive_s += float(problem.travel_s[place, there])
    diary.dist_m += float(problem.dist_m[place, there])
    away = there
    if visit.kind == Kind.STOP:
        away = int((problem.stops.entry if visit.backward else problem.stops.exit)[visit.index])
    return away, drive_s(problem, place, there)


def serve(problem: RouteProblem, diary: Diary, visit: Visit, position: int, clock: int) -> int:
    of = problem.tips if visit.kind == Kind.TIP else problem.stops
    ends = [*of.window_open_s[visit.index], *of.window_close_s[visit.index]]
    if visit.kind == Kind.STOP:
        ends += [*problem.stops.ban_until_s[visit.index]]
    # After the last of these nothing changes any more.
    seconds = range(clock, int(max([clock, *(e for e in ends if abs(e) != inf)])) + 2)
    if visit.kind == Kind.TIP:
        begin = next((t for t in seconds if tip_open(problem, visit.index, t)), None)
        if begin is None:
            diary.broken.add(("tip_hours", position, -1))
        length = int(problem.tips.service_s[visit.index])
    else:
        begin = next((t for t in seconds if may_begin(problem, visit.index, t, with_bans=True)), None)
        if begin is None:
            begin = next((t for t in seconds if may_begin(problem, visit.index, t, with_bans=False)), None)
            diary.broken.add(("window" if begin is None else "ban", position, visit.index))
        length = int(problem.stops.service_s[visit.index])
    begin = clock if begin is None else begin
    diary.begin[position] = begin
    return begin + length


def judge(p: RouteProblem, diary: Diary, vehicle: int, visits: Round, known: int, lost: bool) -> None:
    """The rules that need no clock."""
    f, s, broken = p.fleet, p.stops, diary.broken
    on_board = [0.0] * p.fleet.capacity.shape[1]
    stops = tips = 0
    day_load, past_load = list(on_board), list(on_board)
    last_tip = last_stop = -1
    over_trip = over_stop = -1
    for position, visit in enumerate(visits):
        if not real(p, visit) or visit.kind == Kind.BREAK:
            continue
        i = visit.index
        if visit.kind == Kind.TIP:
            tips, last_tip = tips + 1, position
            if tips == f.max_trips[vehicle] + 1:
                over_trip = position
            on_board = [0.0 if takes else x for x, takes in zip(on_board, p.tips.takes[i], strict=True)]
            continue
        stops, last_stop = stops + 1, position
        if stops == f.daily_stops[vehicle] + 1:
            over_stop = position
        on_board = [a + b for a, b in zip(on_board, s.load[i], strict=True)]
        day_load = [a + b for a, b in zip(day_load, s.load[i], strict=True)]
        if position < known:
            past_load = list(day_load)
            continue
        lacking = [b for b in range(8) if s.skills[i] >> b & 1 and not f.skills[vehicle] >> b & 1]
        for code, wrong in (
            ("capacity", any(a > b for a, b in zip(on_board, f.capacity[vehicle], strict=True))),
            ("skill", lacking),
            ("reversing", s.no_reversing[i] and not f.turns[vehicle]),
            ("direction", visit.backward and not s.either_way[i]),
            ("lock_vehicle", s.locked_vehicle[i] not in (-1, vehicle)),
            ("lock_position", s.locked_position[i] not in (-1, stops - 1)),
        ):
            if wrong:
                broken.add((code, position, i))
    if over_trip >= 0 and last_tip >= known:
        broken.add(("trips", over_trip, -1))
    if over_stop >= 0 and last_stop >= known:
        broken.add(("daily_cap", over_stop, visits[over_stop].index))
    for k, load in enumerate(day_load):
        if load > f.daily_load[vehicle, k] and load > past_load[k]:
            broken.add(("daily_cap", -1, -1))
    if any(on_board) and not lost:
        broken.add(("not_emptied", -1, -1))


def past_rules(problem: RouteProblem, plan: DayPlan) -> set[tuple[str, int]]:
    """(code, vehicle) of what is frozen or lost and not respected."""
    past, broken = problem.in_force, set()
    for v, visits in enumerate(plan.rounds):
        if past is None:
            break
        done = int(past.done[v])
        if list(visits[:done]) != list(past.plan.rounds[v][:done]):
            broken.add(("frozen", v))
        if past.lost[v] and len(visits) > done:
            broken.add(("lost", v))
    return broken


def cost(problem: RouteProblem, plan: DayPlan, diaries: dict[int, Diary]) -> float:
    """The whole cost, by the contract's formula; a diary for each round that is not empty."""
    w, f, past = problem.weights, problem.fleet, problem.in_force
    total, worked = 0.0, []
    for v, diary in diaries.items():
        total += w.per_m * diary.dist_m + w.per_drive_s * diary.drive_s + float(f.fixed_cost[v])
        if past is None or not past.lost[v]:
            total += w.per_overtime_s * max(0.0, diary.back_s - float(f.shift_end_s[v]))
            worked.append(diary.back_s - float(f.shift_start_s[v]))
    total += sum(float(problem.stops.unserved_cost[s]) for s in plan.unserved)
    if worked:
        total += w.balance * sum(abs(x - sum(worked) / len(worked)) for x in worked)
    now = plan.vehicle_of()
    for v, visits in enumerate(past.plan.rounds if past is not None else ()):
        for visit in visits:
            if past is not None and not past.lost[v] and visit.kind == Kind.STOP:
                total += w.per_moved_stop * (now.get(visit.index, v) != v)
    return total
