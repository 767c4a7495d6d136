"""The body of a request, read no further than is allowed.

Used by the routes that take more than a form's worth: events, requests for service, feedback.
"""

from fastapi import Request

from services.api.problems import ProblemError


async def limited_body(request: Request, limit: int) -> bytes:
    """The body.

    Raises
    ------
    ProblemError
        413 where it is longer than `limit` bytes; what is beyond is not read.
    """
    declared = request.headers.get("content-length", "0")
    parts: list[bytes] = []
    size = int(declared) if declared.isdecimal() and int(declared) > limit else 0
    if not size:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                break
            parts.append(part)
    if size > limit:
        raise ProblemError(413, f"a request is at most {limit} bytes; send smaller batches")
    return b"".join(parts)


def media_type(request: Request) -> str:
    """The type of the body, without its parameters; empty where the sender names none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
