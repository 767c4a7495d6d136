"""The packs a command line names: region packs, folders of them, council packs.

Called by the commands that serve or feed several areas. Never builds or writes a pack.
"""

from collections.abc import Sequence
from pathlib import Path

from geo.council import Council
from geo.council_pack import load_council
from geo.region import Region
from geo.region_pack import MANIFEST, PackError, load_region


def load_regions(paths: Sequence[Path]) -> list[Region]:
    """Load the packs `paths` name, in this order; those of a folder of packs are sorted by name.

    Raises
    ------
    PackError
        Where a path is neither a pack nor a folder of packs, a pack is damaged, or two have the same area.
    """
    origin: dict[str, Path] = {}
    regions = []
    for folder in (pack for path in paths for pack in packs_of(path)):
        region = load_region(folder)
        if region.id in origin:
            raise PackError(
                f"{folder}: is area {region.id!r}, and so is {origin[region.id]}; name each area once, or "
                "build one of them with another area id"
            )
        origin[region.id] = folder
        regions.append(region)
    return regions


def load_councils(paths: Sequence[Path], taken: Sequence[str]) -> list[Council]:
    """Load the council packs `paths` name, in this order; `taken` are the ids of other areas.

    Raises
    ------
    PackError
        Where a path is no council pack, one is damaged, or two areas have the same id.
    """
    ids = set(taken)
    councils = []
    for folder in paths:
        council = load_council(folder)
        if council.id in ids:
            raise PackError(f"{folder}: is area {council.id!r}, and so is another pack; name each area once")
        ids.add(council.id)
        councils.append(council)
    return councils


def packs_of(path: Path) -> list[Path]:
    """Return the packs a path names: itself, or the packs among its direct subfolders, sorted by name.

    What is missing or empty is returned as it is: loading it says what is missing.

    Raises
    ------
    PackError
        Where it is a folder of other things, or cannot be looked into.
    """
    try:
        if (path / MANIFEST).exists() or not path.is_dir():
            return [path]
        # What begins with a dot is a pack that is being written.
        inside = [entry for entry in sorted(path.iterdir()) if not entry.name.startswith(".")]
        packs = [entry for entry in inside if (entry / MANIFEST).exists()]
    except OSError as error:
        raise PackError(f"{path}: cannot be read: {error}") from error
    if inside and not packs:
        raise PackError(
            f"{path}: is no region pack and none of its subfolders is one; build packs, e.g. "
            f"`cover region demo {path / 'demo'}` or `cover region split PACK {path}`"
        )
    return packs or [path]
