"""Results of a run on disk: one JSON file a region, its head spread out and each state on a line of its own.

Written and read by the runner. It never computes anything.
"""

import json
import math
from pathlib import Path
from typing import Any

# Figures are kept to so many significant digits: more than any clock gives, and the files stay readable.
DIGITS = 8


def write_result(path: Path, result: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """Write a result and the rows of its states; what is not a number becomes null."""
    head = json.dumps(_rounded(result), indent=1)
    lines = ",\n  ".join(json.dumps(_rounded(row), separators=(",", ":")) for row in rows)
    path.write_text(f'{head[:-2]},\n "states": [\n  {lines}\n ]\n}}\n')


def read_results(folder: Path) -> list[dict[str, Any]]:
    """Return all results in a folder, by region; other files, and results of an older form, are left out."""
    found = [json.loads(path.read_text()) for path in sorted(folder.glob("cover-*.json"))]
    return [result for result in found if "engine" in result]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value
