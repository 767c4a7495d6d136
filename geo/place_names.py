"""Invented place names that sound British, for generated regions.

Called by the demo region and the demo council. Never names a place of the real London (names of its stations
are left out below), though a hamlet somewhere may share one by chance.
"""

from __future__ import annotations

import numpy as np


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text."""
    return tuple(text.split())


FIRST = words(
    "Alder Amble Ash Barrow Birch Black Bram Brack Brin Calder Carl Cath Chad Cold Cop Corn Cran Crow Dal "
    "Darn Dun Elder Elm Ern Fal Fen Fern Gar Glen Gran Hag Hart Hather Hazel Hol Horn Hux Ing Kel Kes Kirk "
    "Lang Lark Lin Lox Mal Mar Mel Mer Moss Nether Nor Oak Orm Pen Pick Quar Rams Raven Red Rook Row Rush "
    "Sax Sel Shen Sil Skel Stan Stoke Swin Tarn Tet Thorn Til Tor Under Wain War Wel Whit Wil Win Wych Yarn"
)
LAST = words(
    "bank borough bourne bridge brook burn bury by combe cote croft dale den don field ford gate grave "
    "ham haven hurst ley low mead mere minster moor ness port scar shaw stead stock stone thorpe ton wade "
    "well wick wold worth"
)
BEFORE = ("Great", "Little", "North", "South", "East", "West", "Upper", "Lower", "Old", "Saint")
AFTER = ("Cross", "Green", "Park", "Vale", "Hill", "Heath", "Road", "Quay", "Common", "Fields")
SAINTS = ("Aldwyn", "Brannoc", "Cuthman", "Edmer", "Hild", "Ninnoc", "Oswin", "Petroc", "Sidwell", "Wenna")
# Syllables that would make a name of a London station or borough.
REAL_NAMES = words(
    "Barking Barnet Battersea Beckenham Bexley Brentford Bromley Croydon Dagenham Deptford Ealing Edmonton "
    "Eltham Enfield Erith Feltham Finchley Fulham Greenwich Hainault Hammersmith Harrow Hayes Hendon Heston "
    "Hillingdon Holloway Homerton Hornchurch Hornsey Ilford Islington Kentish Kingston Lambeth Lee Leyton "
    "Leytonstone Lewisham Merton Millwall Mitcham Norbury Northolt Orpington Paddington Peckham Plaistow "
    "Poplar Purley Richmond Romford Ruislip Shadwell Shoreditch Sidcup Soho Southall Southgate Stanmore "
    "Stratford Surbiton Sutton Tooting Tottenham Twickenham Walthamstow Wandsworth Wallington Wembley "
    "Wennington Whitechapel Willesden Wimbledon Woodford Woolwich Camden Hackney Haringey Havering Hounslow "
    "Newham Redbridge Southwark Brent Dowgate"
)


def place_names(count: int, seed: int) -> tuple[str, ...]:
    """Return `count` different invented names; the same seed gives the same names.

    Raises
    ------
    ValueError
        Where more names are asked for than there are.
    """
    plain = [f + b for f in FIRST for b in LAST if f[-1] != b[0] and f + b not in REAL_NAMES]
    if not 0 <= count <= len(plain):
        raise ValueError(f"count: {count}; it must be from 0 to {len(plain)}")
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(plain))[:count]
    names: list[str] = []
    taken: set[str] = set()
    for at in order:
        name, luck = plain[at], rng.random()
        if luck < 0.10:
            name = f"{name} {AFTER[rng.integers(len(AFTER))]}"
        elif luck < 0.20:
            before = BEFORE[rng.integers(len(BEFORE))]
            name = f"{before} {name}" if before != "Saint" else f"St {SAINTS[rng.integers(len(SAINTS))]}'s"
        if name in taken:
            name = plain[at]
        taken.add(name)
        names.append(name)
    return tuple(names)
