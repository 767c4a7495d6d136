"""Pseudonyms: the same for the same person, channel and week under one key; different otherwise."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from services.pseudonyms import Pseudonyms

MONDAY = datetime(2025, 6, 2, tzinfo=UTC)
KEY = "sixteen letters or more"


def test_one_person_of_a_week_has_one_pseudonym_in_all_processes() -> None:
    one, other = Pseudonyms(KEY), Pseudonyms(KEY)
    name = one.of("open311", "ada@example.org", MONDAY)
    assert re.fullmatch(r"[0-9a-f]{16}", name)
    assert other.of("open311", "ada@example.org", MONDAY + timedelta(days=6, hours=23)) == name


@pytest.mark.parametrize(
    ("channel", "identity", "at"),
    [
        ("open311", "bob@example.org", MONDAY),
        ("feedback", "ada@example.org", MONDAY),
        ("open311a", "da@example.org", MONDAY),
        ("open311", "ada@example.org", MONDAY + timedelta(days=7)),
        ("open311", "ada@example.org", MONDAY - timedelta(seconds=1)),
    ],
)
def test_another_person_channel_or_week_has_another(channel: str, identity: str, at: datetime) -> None:
    made = Pseudonyms(KEY)
    assert made.of(channel, identity, at) != made.of("open311", "ada@example.org", MONDAY)


def test_without_a_key_it_is_random() -> None:
    names = {Pseudonyms(key).of("open311", "ada", MONDAY) for key in (None, None, KEY, f"{KEY}.")}
    assert len(names) == 4
