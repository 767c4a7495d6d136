"""Many areas out of one: copies of a region pack under other ids, for a national roll-out.

Called by `python -m loadtests.run areas`. The large files are linked, not copied. Of the pack's format it
knows only `region.json` (`docs/region-pack.md`).
"""

import json
import shutil
from pathlib import Path

MOST = 500


def make_areas(pack: Path, folder: Path, count: int) -> list[Path]:
    """Write `count` packs to `folder`; gives their folders.

    Raises
    ------
    SystemExit
        Where there is no pack, the folder is not empty, or the number makes no sense.
    """
    if not (pack / "region.json").is_file():
        raise SystemExit(f"{pack} holds no region pack; make one with `cover region build` or `region demo`")
    if not 1 <= count <= MOST:
        raise SystemExit(f"{count} areas; it is to be 1 to {MOST}")
    if folder.exists() and any(folder.iterdir()):
        raise SystemExit(f"{folder} is not empty")
    about = json.loads((pack / "region.json").read_text())
    made = []
    for number in range(1, count + 1):
        one = folder / f"{about['id']}-{number:03d}"
        one.mkdir(parents=True)
        for path in pack.iterdir():
            if path.name == "region.json":
                told = about | {"id": one.name, "name": f"{about['name']} {number}"}
                (one / path.name).write_text(json.dumps(told, indent=1) + "\n")
            elif path.is_file():
                _linked(path, one / path.name)
        made.append(one)
    return made


def _linked(path: Path, to: Path) -> None:
    try:
        to.hardlink_to(path)
    except OSError:  # another file system
        shutil.copyfile(path, to)
