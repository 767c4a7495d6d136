"""What people in a generated town write about it: posts in many ways of saying it, noise included.

Used by the council's demo day. Seeded; every name, handle, number and address in them is made up, and there
on purpose: the service has to take them out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

TEXTS: Mapping[str, Sequence[str]] = {
    "missed_collection": (
        "Second week running the bins on {street} have been left full. What do we pay for?",
        "{street} not collected AGAIN 😡 bin lorry drove straight past number {number}",
        "hi @council any idea when you're coming back for the bins in {street}? everyone put them out",
        "Our black bin hasn't been emptied, {number} {street}. Please ring me on {phone}, {name}",
        "so they did the odd side of {street} and forgot the even side. brilliant.",
        "Bin men skipped us this morning ({street}). Neighbours' as well.",
    ),
    "overflowing_bin": (
        "The litter bin on {street} is overflowing, rubbish all over the pavement",
        "somebody has dumped a mattress and three bags on {street} #flytipping",
        "bins by the shops in {street} are absolutely rammed, seagulls having a party",
        "Fly tip: old fridge outside {number} {street}. mail me {email} for a photo",
    ),
    "blocked_street": (
        "{street} is completely blocked by a skip lorry, nothing gets through",
        "car parked across the junction at {street}, no way the refuse truck fits",
        "Tree down across {street}, road shut",
    ),
    "flooding": (
        "Drain has backed up and {street} is under a foot of water",
        "water pouring down {street} like a river, burst main I think",
    ),
    "smoke_or_fire": (
        "Thick black smoke coming from behind {street}, can smell burning plastic",
        "is something on fire near {street}? flames above the roofs",
        "massive fire on {street}!! where are the fire engines",
        "smoke pouring out of a flat on {street}, people shouting. {name} rang 999",
    ),
    "other_service": (
        "The street light outside {number} {street} has been out for a month",
        "potholes on {street} will take somebody's axle off",
        "When does the library near {street} open on Saturdays?",
    ),
    "not_service": (
        "this new album is absolute fire 🔥🔥",
        "flooded with emails after two days off, send help",
        "Lovely morning for a run along {street}",
        "anyone selling a bike? collection from {street}, cash, {phone}",
        "smoked brisket ready at six, come hungry",
        "missed the bus again. story of my life",
        "fire sale at the furniture shop on {street} this weekend",
        "my CV went straight in the bin I reckon",
    ),
}
SHARES = {
    "missed_collection": 0.22,
    "overflowing_bin": 0.14,
    "blocked_street": 0.06,
    "flooding": 0.03,
    "smoke_or_fire": 0.0,  # only in bursts, see `CouncilPosts.about`
    "other_service": 0.2,
    "not_service": 0.35,
}
"""Made up for the demo: most of what is written is not about a missed bin."""
NAMES = ("Priya Nair", "Gareth Pugh", "Mrs Okonkwo", "Tom Alderson", "Zofia W.", "J. Smith")


class CouncilPosts:
    """Posts of one day.

    Parameters
    ----------
    streets
        Names of streets.
    seed
        Same seed, same posts.
    """

    def __init__(self, streets: Sequence[str], seed: int) -> None:
        self._streets = streets
        self._random = np.random.default_rng(seed)
        self._made = 0

    def any(self, created_at: str) -> dict[str, Any]:
        """Return a post about anything but fire, as the feedback door takes it."""
        kinds = list(SHARES)
        kind = str(self._random.choice(kinds, p=np.array([SHARES[k] for k in kinds])))
        return self.about(kind, self._one(self._streets), created_at)

    def about(self, kind: str, street: str, created_at: str) -> dict[str, Any]:
        """Return a post of one kind about one street."""
        self._made += 1
        number = int(self._random.integers(1, 60))
        person = int(self._random.integers(10_000))
        text = self._one(TEXTS[kind]).format(
            street=street,
            number=number,
            phone=f"07700 900{person % 1000:03d}",
            email=f"person{person}@example.org",
            name=self._one(NAMES),
        )
        return {
            "id": f"post-{self._made}",
            "text": text,
            "author": self._one(NAMES),
            "handle": f"@someone{person}",
            "created_at": created_at,
            "channel": "demo",
        }

    def _one(self, several: Sequence[str]) -> str:
        return several[int(self._random.integers(len(several)))]
