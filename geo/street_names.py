"""Invented street names that sound British, for generated councils.

Called by the demo council. Never names a street twice; the same name may be a real street's somewhere.
"""

from __future__ import annotations

import numpy as np

from geo.place_names import FIRST, LAST, REAL_NAMES, words

TREES = words(
    "Acacia Alder Almond Apple Ash Aspen Beech Birch Blackthorn Bramble Briar Broom Cedar Cherry Chestnut "
    "Cypress Elder Elm Fir Furze Gorse Hawthorn Hazel Heather Holly Hornbeam Ivy Juniper Laburnum Larch "
    "Laurel Lilac Lime Linden Lavender Magnolia Maple Medlar Myrtle Oak Olive Orchard Pear Pine Plum "
    "Poplar Primrose Quince Rose Rosemary Rowan Rushes Sage Sorrel Spruce Sycamore Tansy Thistle Thorn "
    "Vine Walnut Willow Yew"
)
PEOPLE = words(
    "Albert Alexandra Alma Arundel Baker Balfour Bennett Blenheim Brunel Byron Camden Carlyle Caxton "
    "Chaucer Clarence Clifton Cobden Cromwell Darwin Derby Devon Dickens Disraeli Dryden Dudley Eliot "
    "Ellis Faraday Franklin Gladstone Gordon Grafton Grenville Hamilton Harcourt Hardy Havelock Herbert "
    "Hogarth Howard Jubilee Keats Kelvin Kipling Lansdowne Livingstone Lonsdale Marlowe Melbourne Milton "
    "Nelson Newton Nightingale Norfolk Osborne Palmerston Peel Percy Portland Raglan Raleigh Regent "
    "Rodney Russell Ruskin Salisbury Shelley Spencer Stanley Stephenson Tennyson Trafalgar Turner "
    "Victoria Walpole Wellington Wesley Windsor Wolseley"
)
THINGS = words(
    "Abbey Anchor Bell Bridge Brick Brook Canal Castle Chapel Church Cross Crown Dock Dove Farm Ferry "
    "Field Forge Foundry Gate Glebe Grange Hall Harbour Heath Hill High King's Kiln Lock London Manor "
    "Market Meadow Mill Mount New North Old Paddock Park Pound Priory Quarry Queen's Railway River School "
    "Smithy South Spring Station Swan Tannery Temple Tithe Tower Union Vicarage Warren Water Weaver Well "
    "West White Wharf Windmill Wood"
)
LOCAL_TYPES = (
    *("Road", "Road", "Road", "Street", "Street", "Street", "Avenue", "Avenue", "Lane", "Close", "Drive"),
    *("Crescent", "Terrace", "Grove", "Place", "Gardens", "Way", "Walk", "Rise", "Hill", "Mews", "Row"),
)
MAIN_TYPES = ("Road", "Road", "Road", "Street", "Lane", "Hill", "Way", "Parade")


def street_names(main: int, local: int, seed: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return so many names for main roads and for other streets, all different.

    Raises
    ------
    ValueError
        Where more names are asked for than there are.
    """
    rng = np.random.default_rng(seed)
    places = [a + b for a in FIRST for b in LAST if a[-1] != b[0] and a + b not in REAL_NAMES]
    chosen = [places[at] for at in rng.permutation(len(places))]
    known = list(dict.fromkeys([*TREES, *PEOPLE, *THINGS]))
    familiar = [known[at] for at in rng.permutation(len(known))]
    taken: set[str] = set()
    main_names = _names([*familiar[: main // 4], *chosen[:main]], MAIN_TYPES, main, taken, rng)
    # Half of the familiar words are used again: a town has an Alder Road and an Alder Close.
    firsts = [*familiar, *familiar[: len(familiar) // 2], *chosen[main:]]
    return main_names, _names(firsts, LOCAL_TYPES, local, taken, rng)


def _names(
    firsts: list[str], types: tuple[str, ...], count: int, taken: set[str], rng: np.random.Generator
) -> tuple[str, ...]:
    names: list[str] = []
    for first in firsts:
        if len(names) == count:
            break
        name = f"{first} {types[rng.integers(len(types))]}"
        if name not in taken:
            taken.add(name)
            names.append(name)
    if len(names) < count:
        raise ValueError(f"count: {count}; there are {len(names)} names of this kind")
    return tuple(names)
