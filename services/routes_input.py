"""A route problem in a file of any of the formats known; which one it is, its content says.

Called by `cover routes`. Reads the file and hands its text to the reader of its format; never solves.
"""

import re
from dataclasses import dataclass
from pathlib import PurePath

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.formats.carp_file import read_carp
from optimiser.routes.formats.instance import Instance
from optimiser.routes.formats.kim_file import looks_like_kim, read_kim
from optimiser.routes.formats.vrplib_file import read_vrplib
from services.cover_file_error import CoverFileError
from services.file_bytes import read_file_bytes
from services.routes_document import RoutesDocument
from services.routes_file import decode_routes_file

MOST_FILE_BYTES = 512 * 2**20
"""Two matrices of 5,000 locations are some 400 MB of digits."""
MOST_TEXT_BYTES = 64 * 2**20
"""Published instances have a few hundred kilobytes; their text is taken apart in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class RoutesInput:
    """An instance, and the document where it is the project's own format."""

    instance: Instance
    document: RoutesDocument | None = None


def read_routes_input(name: str) -> RoutesInput:
    """Read and check one file; `-` is the standard input.

    Raises
    ------
    CoverFileError
        Naming the field, what is wrong and what would be right.
    """
    return routes_input(read_file_bytes(name, MOST_FILE_BYTES), PurePath(name).stem)


def routes_input(data: bytes, name: str) -> RoutesInput:
    """Check the bytes of a file; CoverFileError as in `read_routes_input`."""
    if data.lstrip()[:1] == b"{":
        read = decode_routes_file(data, name)
        return RoutesInput(read.instance, read.document)
    if len(data) > MOST_TEXT_BYTES:
        raise CoverFileError("", f"{len(data):,} bytes", f"at most {MOST_TEXT_BYTES:,} where it is not JSON")
    # The older instances' comments are not always UTF-8; what counts in them is.
    text = data.decode("utf-8", errors="replace")
    try:
        if looks_like_kim(text):
            return RoutesInput(read_kim(text, name))
        if re.search(r"^\s*DEMAND_SECTION", text, re.MULTILINE):
            return RoutesInput(read_vrplib(text, name))
        if re.match(r"\s*\d+\s*\n\s*\d+\s*\n", text):
            return RoutesInput(read_carp(text, name))
    except RouteInputError as error:
        raise CoverFileError(error.field, str(error.found), error.expected) from error
    expected = 'JSON ("format": "routes-problem/1"), VRPLIB, Kim\'s *_stop.txt, or CARP (.dat)'
    raise CoverFileError("", "a format that is not known", expected)
