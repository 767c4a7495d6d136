"""What words of emergencies and of everyday chat mean, in the languages of CrisisLexT26's events.

Used by `optimiser.feedback.crisis`: what a word means carries over from an event in one language to an event
in another, the word itself does not. The words are in `data/emergency_words.txt`.
"""

import re
from importlib.resources import files


def _concepts() -> dict[str, re.Pattern[str]]:
    found = {}
    lines = (
        files("optimiser.feedback").joinpath("data", "emergency_words.txt").read_text("utf-8").splitlines()
    )
    for line in lines:
        if not line.startswith("#"):
            name, words = line.split(":", 1)
            either = "|".join(map(re.escape, words.split()))
            # "me" is not the beginning of "media".
            end = r"\b" if name.startswith("=") else ""
            found[name.removeprefix("=")] = re.compile(rf"\b(?:{either}){end}")
    return found


CONCEPTS: dict[str, re.Pattern[str]] = _concepts()
"""By concept: a pattern that finds its words in a text in small letters."""
