"""Widens the hand-written base posts of `data/families.txt` into the labelled set, `data/posts.jsonl`.

Run by hand after the base posts are changed (`python -m optimiser.feedback.make_posts >` the file), and by a
test that compares. Every post keeps the number of its family, so that whole families can be held out: what
is learnt on one wording is judged on others. Decoration (typos, emoji, tags, greetings) is drawn alike for
all categories and can give none of them away.
"""

import json
import random
import re
import sys
from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple

from optimiser.feedback.category import Category

DATA = "data"
FAMILIES, POSTS = "families.txt", "posts.jsonl"
SEED = 20_250_606
VARIANTS = 5
MORE_VARIANTS = 14
"""Posts tried for each family, and for one that draws on lists of words; of those that come out the same one
is kept."""
DRAWN = ("street", "place", "day", "time", "n")
MOODS = {"-": -1, "0": 0, "+": 1}

TYPO_CHANCE, LOWER_CHANCE, SHOUT_CHANCE = 0.3, 0.35, 0.05
BEFORE_CHANCE, AFTER_CHANCE, EMOJI_CHANCE = 0.25, 0.35, 0.25
TEXTING = {
    "you": "u",
    "your": "ur",
    "please": "pls",
    "are": "r",
    "because": "cos",
    "and": "&",
    "tonight": "2nite",
}
TEXTING_CHANCE = 0.15


class Post(NamedTuple):
    """One labelled post; `mood` is -1, 0 or 1."""

    family: int
    category: Category
    mood: int
    text: str


def base_posts() -> list[Post]:
    """The hand-written posts, one for each family, placeholders still in them."""
    found: list[Post] = []
    category: Category | None = None
    lists = word_lists()
    for line in files("optimiser.feedback").joinpath(DATA, FAMILIES).read_text("utf-8").splitlines():
        if not line.strip() or line.startswith(("#", "@")):
            continue
        if line.startswith("[") and line.endswith("]") and line[1:-1] in set(Category):
            category = Category(line[1:-1])
            continue
        sign, text = line[0], line[2:]
        if category is None or sign not in MOODS or line[1] != " ":
            raise ValueError(f"{FAMILIES}: {line!r}: want a mood (-, 0 or +), a blank and the post")
        unknown = set(re.findall(r"\{(\w+)\}", text)) - set(lists) - set(DRAWN)
        if unknown:
            raise ValueError(f"{FAMILIES}: {line!r}: no list of words is called {min(unknown)}")
        found.append(Post(len(found), category, MOODS[sign], text))
    return found


def draws_on_lists(base: Post) -> bool:
    """Whether a base post shares lists of words with others, and so is easier to tell when held out."""
    return bool(set(re.findall(r"\{(\w+)\}", base.text)) - set(DRAWN))


def word_lists() -> dict[str, list[str]]:
    """The lists of words that base posts share, by name."""
    lines = files("optimiser.feedback").joinpath(DATA, FAMILIES).read_text("utf-8").splitlines()
    return {
        name.strip(): words.strip().split("|")
        for name, words in (line[1:].split("=", 1) for line in lines if line.startswith("@"))
    }


def widened(seed: int = SEED) -> Iterator[Post]:
    """All posts of the set, different from each other."""
    taken: set[str] = set()
    lists = word_lists()
    for base in base_posts():
        # A family's dice are its own: a new base post changes no other family.
        dice = random.Random(f"{seed}:{base.category}:{base.text}")  # noqa: S311 (no secret)
        for variant in range(MORE_VARIANTS if draws_on_lists(base) else VARIANTS):
            text = _filled(base.text, lists, dice)
            text = text if variant == 0 else _decorated(text, lists, dice)
            if text.lower() not in taken:
                taken.add(text.lower())
                yield base._replace(text=text)


def _filled(text: str, lists: dict[str, list[str]], dice: random.Random) -> str:
    text = re.sub(r"\[([^\]]+)\]", lambda found: dice.choice(found[1].split("|")), text)
    draw = {
        "street": lambda: f"{dice.choice(lists['streetname'])} {dice.choice(lists['streettype'])}",
        "n": lambda: str(dice.randint(2, 40)),
    }
    return re.sub(r"\{(\w+)\}", lambda f: draw[f[1]]() if f[1] in draw else dice.choice(lists[f[1]]), text)


def _decorated(text: str, lists: dict[str, list[str]], dice: random.Random) -> str:
    words = text.split(" ")
    words = [TEXTING.get(w, w) if dice.random() < TEXTING_CHANCE else w for w in words]
    if dice.random() < TYPO_CHANCE:
        at = dice.randrange(len(words))
        words[at] = _mistyped(words[at], dice)
    text = " ".join(words)
    if dice.random() < BEFORE_CHANCE:
        text = f"{dice.choice(lists['before'])} {text}"
    if dice.random() < AFTER_CHANCE:
        text = f"{text} {dice.choice(lists['after'])}"
    if dice.random() < EMOJI_CHANCE:
        text += " " + dice.choice(lists["emoji"]) * dice.randint(1, 3)
    if dice.random() < LOWER_CHANCE:
        return text.lower()
    return text.upper() if dice.random() < SHOUT_CHANCE else text


def _mistyped(word: str, dice: random.Random) -> str:
    """One slip of the finger: two letters swapped, one lost, one doubled."""
    if len(word) < 4 or not word.isalpha():
        return word
    at = dice.randrange(1, len(word) - 2)
    slip = dice.randrange(3)
    if slip == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if slip == 1 else word[:at] + word[at] + word[at:]


def as_lines(posts: Iterator[Post]) -> str:
    """The set as it is kept: one JSON object a line."""
    rows = ({"family": p.family, "category": p.category, "mood": p.mood, "text": p.text} for p in posts)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def labelled_posts() -> list[Post]:
    """The set that ships."""
    rows = files("optimiser.feedback").joinpath(DATA, POSTS).read_text("utf-8").splitlines()
    return [
        Post(row["family"], Category(row["category"]), row["mood"], row["text"])
        for row in map(json.loads, rows)
    ]


if __name__ == "__main__":
    sys.stdout.write(as_lines(widened()))
