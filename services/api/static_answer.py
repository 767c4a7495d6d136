"""What never changes while the service runs, as HTTP answers: built and compressed once, with an ETag.

Used by the routes of regions and councils. Keeps the answers in the application.
"""

import asyncio
import gzip
import hashlib
from collections.abc import Callable
from typing import TypeVar

import msgspec
from fastapi import Request
from fastapi.responses import Response

T = TypeVar("T")

REVALIDATE = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}


class _Built:
    """An answer ready to serve."""

    def __init__(self, body: object) -> None:
        raw = msgspec.json.encode(body)
        self.etag = f'"{hashlib.sha256(raw).hexdigest()[:32]}"'
        self.raw = raw
        self.zipped = gzip.compress(raw, 6)


async def built_answer(
    request: Request, area: str, of: T, name: str, build: Callable[[T], object], media_type: str
) -> Response:
    """The answer of that name for an area: what `build` makes of `of`, the first time it is asked for."""
    kept: dict[tuple[str, str], _Built] = request.app.state.region_answers
    built = kept.get((area, name))
    if built is None:
        built = kept[area, name] = await asyncio.to_thread(lambda: _Built(build(of)))
    headers = REVALIDATE | {"ETag": built.etag}
    if request.headers.get("if-none-match") == built.etag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(built.zipped, headers=headers | {"Content-Encoding": "gzip"}, media_type=media_type)
    return Response(built.raw, headers=headers, media_type=media_type)
