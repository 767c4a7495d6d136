"""`cover routes solve`, `insert`, `repair` and `compare`: a day's rounds from files.

Called by the `cover` group. Never plans anything itself; the engine is imported only when a file is there.
"""

import math

import click
import msgspec

FILE = click.argument("file")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON and nothing else.")
PLAN = click.option(
    "--plan", metavar="PLAN", help="File with the plan in force, instead of the one FILE holds (if any)."
)
THREADS = click.option(
    "--threads", type=click.IntRange(1, 64), default=2, show_default=True, help="Searches at a time."
)
SEED = click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="Of the search's dice."
)


def _number(ctx: click.Context, param: click.Parameter, value: float) -> float:
    # NaN is in every range, being outside of none.
    if math.isnan(value):
        raise click.BadParameter("nan is not a number of seconds; give 0 to 86400", ctx, param)
    return value


@click.group()
def routes() -> None:
    """Plan a day's collection rounds, and change them while the day runs.

    FILE is the project's own JSON (docs/routes-problem.md), or a published instance: VRPLIB (CVRP, VRPTW,
    MTVRPTWR), Kim's waste collection, CARP. Its content says which; - is standard input.

    \b
    Examples:
      cover routes solve day.json
      cover routes insert day.json --stop "bottle bank"
      cover routes repair day.json --lost RCV2
      cover routes compare day.json in-force answer.json
    """


@routes.command()
@FILE
@click.option(
    "--seconds",
    type=click.FloatRange(0, 86_400),
    callback=_number,
    default=10.0,
    show_default=True,
    help="Time to search; Ctrl-C ends it early with the best plan so far.",
)
@THREADS
@SEED
@AS_JSON
def solve(file: str, seconds: float, threads: int, seed: int, as_json: bool) -> None:
    """Find good rounds: for a day planned from nothing, or for what is left of one that runs.

    \b
    Examples:
      cover routes solve day.json
      cover routes solve X-n502-k39.vrp --seconds 30 --json > answer.json
    """
    from services.cli.routes_run import Progress, refusing, stopped_by_interrupt
    from services.cli.routes_table import summary_lines
    from services.routes_input import read_routes_input

    name = click.format_filename(file)
    with refusing(name, as_json):
        instance = read_routes_input(file).instance
    from services.routes_solver import solve_instance  # compiles: not before the file is right

    with stopped_by_interrupt() as cancelled:
        answer = solve_instance(
            name, instance, seconds, seed=seed, threads=threads, cancelled=cancelled, say=Progress()
        )
    click.echo(msgspec.json.encode(answer) if as_json else "\n".join(summary_lines(answer)))


@routes.command()
@FILE
@click.option(
    "--stop", required=True, metavar="ID|JSON", help="A stop no round serves, or a new one as JSON."
)
@click.option("--insist", is_flag=True, help="Serve it even where leaving it out is cheaper.")
@PLAN
@AS_JSON
def insert(file: str, stop: str, insist: bool, plan: str | None, as_json: bool) -> None:
    """Place one more stop in the plan in force at once; no stop that is there changes vehicle.

    \b
    Examples:
      cover routes insert day.json --stop "bottle bank"
      cover routes insert day.json --stop '{"id": "missed bin", "location": "market", "service_s": 60}'
    """
    from services.cli.routes_run import refusing
    from services.cli.routes_table import placed_lines, summary_lines
    from services.routes_question import input_with_plan, with_stop

    name = click.format_filename(file)
    with refusing(name, as_json):
        instance, number = with_stop(input_with_plan(file, plan), stop)
    from services.routes_solver import insert_stop  # compiles: not before the file is right

    with refusing(name, as_json):
        answer = insert_stop(name, instance, number, insist=insist)
    if as_json:
        click.echo(msgspec.json.encode(answer))
    else:
        click.echo("\n".join([*placed_lines(answer), *summary_lines(answer)]))


@routes.command()
@FILE
@click.option("--lost", required=True, multiple=True, metavar="VEHICLE", help="Lost for the day; repeatable.")
@click.option(
    "--seconds",
    type=click.FloatRange(0, 86_400),
    callback=_number,
    default=5.0,
    show_default=True,
    help="Time to search, for the three answers together.",
)
@PLAN
@SEED
@AS_JSON
def repair(
    file: str, lost: tuple[str, ...], seconds: float, plan: str | None, seed: int, as_json: bool
) -> None:
    """Give a lost vehicle's stops to others: three answers, by how much of the plan may change.

    \b
    Example:
      cover routes repair day.json --lost RCV2 --seconds 5
    """
    from services.cli.routes_run import Progress, refusing, stopped_by_interrupt
    from services.cli.routes_table import options_lines, unserved_lines
    from services.routes_question import input_with_plan, with_lost

    name = click.format_filename(file)
    with refusing(name, as_json):
        instance = with_lost(input_with_plan(file, plan).instance, lost)
    from services.routes_solver import repair_instance  # compiles: not before the file is right

    with stopped_by_interrupt() as cancelled:
        found = repair_instance(name, instance, seconds, seed=seed, cancelled=cancelled, say=Progress())
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    answers = [("no churn", found.no_churn), ("little", found.little), ("free", found.free)]
    click.echo("\n".join([*options_lines(answers), *unserved_lines(answers)]))


@routes.command()
@FILE
@click.argument("plan_a")
@click.argument("plan_b")
@AS_JSON
def compare(file: str, plan_a: str, plan_b: str, as_json: bool) -> None:
    """Say what changes from PLAN_A to PLAN_B: stops, cost, rounds.

    A plan is an answer of solve or insert as JSON, {"rounds": [{"vehicle": ..., "visits": [...]}]}, a
    published .sol, or in-force for the plan in force that FILE holds.

    \b
    Example:
      cover routes compare day.json in-force answer.json
    """
    from optimiser.routes.checker import check
    from services.cli.routes_run import refusing
    from services.cli.routes_table import comparison_lines
    from services.routes_answer import Judged
    from services.routes_comparison import compare_plans
    from services.routes_input import read_routes_input
    from services.routes_plan_file import read_plan

    name = click.format_filename(file)
    with refusing(name, as_json):
        instance = read_routes_input(file).instance
    plans = []
    for plan_name in (plan_a, plan_b):
        shown = click.format_filename(plan_name)
        with refusing(shown, as_json):
            plan = read_plan(plan_name, instance)
        plans.append((shown, Judged(plan, check(instance.problem, plan), 0.0)))
    found = compare_plans(name, instance, plans[0], plans[1])
    click.echo(msgspec.json.encode(found) if as_json else "\n".join(comparison_lines(found)))
