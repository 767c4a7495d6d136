"""`cover feedback train` and `evaluate`: fit the classifier of posts, and say how good it is.

Called by the `cover` group. Never learns or judges anything itself; what does is imported only when needed.
"""

from pathlib import Path

import click
import msgspec

MODEL = click.Path(dir_okay=False, path_type=Path)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON and nothing else.")
CORRECTIONS = click.option(
    "--corrections",
    type=MODEL,
    metavar="FILE",
    help="Labels made by managers, as the service keeps them in its data folder (corrections.jsonl).",
)


@click.group()
def feedback() -> None:
    """What people post: train the classifier that reads it, and judge it.

    \b
    Examples:
      cover feedback train var/feedback.npz --corrections var/data/corrections.jsonl
      cover feedback evaluate
    """


@feedback.command()
@click.argument("model", type=MODEL)
@CORRECTIONS
@AS_JSON
def train(model: Path, corrections: Path | None, as_json: bool) -> None:
    """Fit the classifier on the labelled set that ships and on corrections; write it to MODEL.

    The service uses it when COVER_FEEDBACK_MODEL names it.

    \b
    Example:
      cover feedback train var/feedback.npz
    """
    from services.feedback.learning import CannotLearnError, train_model

    try:
        done = train_model(model, corrections)
    except CannotLearnError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(msgspec.json.encode(done))
    else:
        click.echo(f"{model}: learnt from {done['posts']:,} posts and {done['corrections']:,} corrections")


@feedback.command()
@CORRECTIONS
@click.option(
    "--crisislex",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help='Folder of CrisisLexT26\'s labelled tweets: judge "about an emergency or not" on whole events too.',
)
@AS_JSON
def evaluate(corrections: Path | None, crisislex: Path | None, as_json: bool) -> None:
    """Judge the classifier on posts of families it has not learnt from, with 95 % intervals.

    Takes a minute; with --crisislex a few. No post is quoted.

    \b
    Examples:
      cover feedback evaluate
      cover feedback evaluate --crisislex ../shared/data/feedback --json > feedback.json
    """
    from services.feedback.evaluation import evaluate_crisislex, evaluate_own, evaluation_lines
    from services.feedback.learning import CannotLearnError

    try:
        found = evaluate_own(corrections)
        if crisislex is not None:
            found |= {"crisislex": evaluate_crisislex(crisislex)}
    except CannotLearnError as error:
        raise click.ClickException(str(error)) from None
    click.echo(msgspec.json.encode(found) if as_json else "\n".join(evaluation_lines(found)))
