"""Polygons to and from well-known binary, admitting polygons and multi-polygons in the plane only.

Called by the region pack. Never hands bytes to GEOS before it has walked them itself: GEOS reads a collection
within a collection by recursion, and a deep one ends the process.
"""

from __future__ import annotations

import struct

import numpy as np
import shapely

from geo.arrays import GeometryArray

# OGC 06-103r4, table 7: the geometry types; those with a third dimension or an SRID have other numbers.
POLYGON, MULTI_POLYGON = 3, 6
POINT_BYTES = 16


def polygons_to_wkb(geometries: GeometryArray) -> list[bytes]:
    """Return the well-known binary of each shape, in two dimensions and little-endian."""
    parts: list[bytes] = shapely.to_wkb(geometries, output_dimension=2, byte_order=1).tolist()
    return parts


def polygons_from_wkb(parts: list[bytes]) -> GeometryArray:
    """Return the shape of each part.

    Raises
    ------
    ValueError
        Naming the part that is no polygon or multi-polygon, is cut short or too long, or is not finite.
    """
    for index, part in enumerate(parts):
        try:
            _check(part)
        except ValueError as error:
            raise ValueError(f"part {index} is no well-known binary of a polygon: {error}") from error
    try:
        geometries: GeometryArray = shapely.from_wkb(np.array(parts, dtype=object))
    except (shapely.GEOSException, ValueError) as error:
        raise ValueError(f"a part is no well-known binary of a polygon: {error}") from error
    places, owner = shapely.get_coordinates(geometries, return_index=True)
    bad = ~np.isfinite(places).all(axis=1)
    if bad.any():
        raise ValueError(f"part {owner[bad.argmax()]} has a coordinate that is no finite number")
    return geometries


def _check(part: bytes) -> None:
    """Walk one part to its last byte; ValueError says what is not as it must be."""
    try:
        order, kind, at = _start(part, 0)
        if kind == POLYGON:
            at = _after_rings(part, order, at)
        elif kind == MULTI_POLYGON:
            (count,) = struct.unpack_from(f"{order}I", part, at)
            at += 4
            # A count may claim billions: each member takes bytes, and the walk ends where they do.
            for _ in range(count):
                order, kind, at = _start(part, at)
                if kind != POLYGON:
                    raise ValueError(f"a member is of type {kind}; it must be {POLYGON}")
                at = _after_rings(part, order, at)
        else:
            raise ValueError(f"its type is {kind}; it must be {POLYGON} or {MULTI_POLYGON}")
    except struct.error as error:
        raise ValueError("it ends too soon") from error
    if at != len(part):
        raise ValueError(f"its shape takes {at} bytes; there are {len(part)}")


def _start(part: bytes, at: int) -> tuple[str, int, int]:
    """Return the byte order as struct writes it, the type, and where the counts begin."""
    (mark,) = struct.unpack_from("B", part, at)
    if mark > 1:
        raise ValueError(f"its byte order is {mark}; it must be 0 or 1")
    order = "<" if mark else ">"
    (kind,) = struct.unpack_from(f"{order}I", part, at + 1)
    return order, kind, at + 5


def _after_rings(part: bytes, order: str, at: int) -> int:
    (rings,) = struct.unpack_from(f"{order}I", part, at)
    at += 4
    for _ in range(rings):
        (points,) = struct.unpack_from(f"{order}I", part, at)
        at += 4 + POINT_BYTES * points
    return at
