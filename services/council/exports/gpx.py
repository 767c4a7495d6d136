"""Rounds as GPX 1.1, for navigation devices: per vehicle a route of visits and a track along its streets.

Called by the export routes. Never reads the picture: it is given rounds in rows.
"""

from collections.abc import Sequence

import gpxpy.gpx

from services.council.exports.round_rows import CrewRound, RoundRow, clock


def rounds_gpx(rounds: Sequence[CrewRound], name: str) -> str:
    """Write rounds as one GPX document; the depot begins and ends each.

    Parameters
    ----------
    name
        Of the document.
    """
    made = gpxpy.gpx.GPX()
    made.name = name
    made.creator = "Dynamic Cover"
    for one in rounds:
        route = gpxpy.gpx.GPXRoute(name=f"{one.letter} {one.vehicle}")
        track = gpxpy.gpx.GPXTrack(name=f"{one.letter} {one.vehicle}")
        depot = gpxpy.gpx.GPXRoutePoint(one.depot_lonlat[0, 1], one.depot_lonlat[0, 0], name=one.depot)
        route.points.append(depot)
        for row in one.rows:
            if row.line is None:
                continue
            lon, lat = row.line[0]
            route.points.append(gpxpy.gpx.GPXRoutePoint(lat, lon, name=_name(row), description=_words(row)))
            if len(row.line) > 1:
                segment = gpxpy.gpx.GPXTrackSegment()
                segment.points = [gpxpy.gpx.GPXTrackPoint(lat, lon) for lon, lat in row.line]
                track.segments.append(segment)
        route.points.append(depot)
        made.routes.append(route)
        made.tracks.append(track)
    text: str = made.to_xml(version="1.1")
    return text


def _name(row: RoundRow) -> str:
    return f"{row.position} {row.street or row.id}"


def _words(row: RoundRow) -> str:
    words = [row.kind, row.id, clock(row.begin_s), row.houses, row.note, row.state]
    return "; ".join(word for word in words if word)
