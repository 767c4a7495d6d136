"""Metres of a region's own grid to and from longitude and latitude, by pyproj.

Called by the region, the builders, the map features and the services at their edges. Never rounds, and never
fetches grid files: without the OSTN15 grid the British National Grid is off by 2.25 m (median) and 3.1 m at
most, which is a fire engine's length.
"""

from __future__ import annotations

import warnings
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyproj
from pyproj.enums import TransformDirection
from pyproj.transformer import TransformerGroup

from geo.arrays import FloatArray

BRITISH_NATIONAL_GRID = "EPSG:27700"
WGS84 = "EPSG:4326"
MAX_CACHED_TRANSFORMERS = 16  # two a CRS; a process serves a handful of regions


def to_wgs84(en: npt.ArrayLike, crs: str = BRITISH_NATIONAL_GRID) -> FloatArray:
    """Turn easting and northing into longitude and latitude.

    Parameters
    ----------
    en
        Easting and northing, shape (n, 2) or (2,), metres in `crs`.
    crs
        The grid of `en`; a projected CRS in metres.

    Returns
    -------
        Longitude and latitude, same shape, degrees in WGS84. Outside the reach of the projection: inf.

    Raises
    ------
    ValueError
        Where the shape is not (n, 2) or (2,), or the CRS is unknown or not in metres.
    """
    return _moved(en, crs, TransformDirection.FORWARD)


def from_wgs84(lonlat: npt.ArrayLike, crs: str) -> FloatArray:
    """Turn longitude and latitude (degrees, WGS84; (n, 2) or (2,)) into metres of `crs`, same shape.

    Raises
    ------
    ValueError
        Where the shape is not (n, 2) or (2,), or the CRS is unknown or not in metres.
    """
    return _moved(lonlat, crs, TransformDirection.INVERSE)


def to_bng(lonlat: npt.ArrayLike) -> FloatArray:
    """Turn longitude and latitude (degrees, WGS84) into British National Grid metres, same shape."""
    return from_wgs84(lonlat, BRITISH_NATIONAL_GRID)


def check_crs(crs: str) -> None:
    """Raise ValueError unless `crs` names a projected grid in metres, such as EPSG:27700."""
    try:
        parsed = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise ValueError(f"crs: {crs!r} is unknown; use an EPSG code such as EPSG:27700") from error
    if not parsed.is_projected or any(axis.unit_name != "metre" for axis in parsed.axis_info):
        raise ValueError(f"crs: {crs!r} is not a grid in metres; use one such as EPSG:27700")


def utm_crs(lon: float, lat: float) -> str:
    """Name the UTM zone of a place (degrees, WGS84), for regions without a better known grid."""
    if not (-180 <= lon <= 180 and -80 <= lat <= 84):
        raise ValueError(f"lon, lat: ({lon}, {lat}); UTM needs -180..180 and -80..84 degrees")
    zone = min(int((lon + 180) // 6) + 1, 60)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


@lru_cache(maxsize=MAX_CACHED_TRANSFORMERS)
def _transformer(crs: str) -> pyproj.Transformer:
    """Return the one transformation from `crs` to WGS84 that is used everywhere, there and back.

    Left to itself pyproj chooses by place among several, and near the edge of the British grid it goes one
    way by a rough one and back by another, 130 m apart.
    """
    check_crs(crs)
    with warnings.catch_warnings():
        # It warns that the grid file of the best one is missing: that is known, and its cost is stated above.
        warnings.simplefilter("ignore")
        group = TransformerGroup(crs, WGS84, always_xy=True, allow_ballpark=False)
    if not group.transformers:
        raise ValueError(f"crs: {crs!r} has no transformation to WGS84 here; use one such as EPSG:27700")
    known = [one for one in group.transformers if one.accuracy >= 0] or group.transformers
    return min(known, key=lambda one: one.accuracy)


def _moved(points: npt.ArrayLike, crs: str, direction: TransformDirection) -> FloatArray:
    array = np.asarray(points, dtype=np.float64)
    if array.ndim not in (1, 2) or array.shape[-1] != 2:
        raise ValueError(f"points: shape is {array.shape}; it must be (n, 2) or (2,)")
    if array.size == 0:
        return array.copy()
    x, y = _transformer(crs).transform(array[..., 0], array[..., 1], direction=direction)
    return np.stack([x, y], axis=-1)
