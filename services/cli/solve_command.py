"""`cover solve`: the best moves for problems in files, each answered with one line of JSON.

Called by the `cover` group. Never solves anything itself; the engine is imported only when a file is there.
"""

import math
import sys

import click
import msgspec

REFUSED = 2
"""Exit code where one file or more was refused."""


def _number(ctx: click.Context, param: click.Parameter, value: float) -> float:
    # NaN is in every range, being outside of none.
    if math.isnan(value):
        raise click.BadParameter("nan is not a number of seconds; give 0 to 3600", ctx, param)
    return value


@click.command(
    epilog="""\b
Examples:
  cover solve problem.json
  cover solve --seconds 2 states/*.json > answers.jsonl

The format is in docs/cover-problem.md. On standard output there is nothing but one line of JSON for each
file, in order. A file that is wrong is refused with the field and what would be right: a message on
standard error, a line with an error in the file's place, and exit code 2 once the others are answered.

first_plan.elapsed_ms is the time of the plan alone. The program is compiled and the region's travel times
are sorted before it, once for all files in a row that share travel_s and standard."""
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--seconds",
    type=click.FloatRange(0, 3600),
    callback=_number,
    default=10.0,
    show_default=True,
    help="Time for proofs, for each file: first of the plan, then of the frontier. Plans come before.",
)
def solve(files: tuple[str, ...], seconds: float) -> None:
    """Answer cover problems in JSON files (- is standard input): the moves, and how good they are."""
    from services.cover_answer import CoverFileSolver, Refusal  # numba and the solvers: not for --help
    from services.cover_file import read_cover_file
    from services.cover_file_error import CoverFileError

    solver = CoverFileSolver()
    refused = False
    for path in files:
        name = click.format_filename(path)  # a name that is not UTF-8 cannot stand in JSON
        try:
            line = msgspec.json.encode(solver.answer(name, read_cover_file(path), seconds))
        except CoverFileError as error:
            refused = True
            click.echo(f"{name}: {error}", err=True)
            line = msgspec.json.encode(Refusal.of(name, error))
        click.echo(line)
    if refused:
        sys.exit(REFUSED)
