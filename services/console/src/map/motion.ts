/**
 * Smooth motion of appliances between position events: each glides to its newest place in about the time that
 * passed between its last two. Pure arithmetic on clocks passed in; never draws.
 */

// Slower reports than this are not stretched out: the appliance would trail behind its place.
const LONGEST_GLIDE_MS = 4_000;
const SHORTEST_GLIDE_MS = 120;
// A jump this far (degrees, about 2.5 km) is a correction, not a drive: shown at once.
const JUMP_DEGREES = 0.03;

interface Glide {
  fromLon: number;
  fromLat: number;
  lon: number;
  lat: number;
  startMs: number;
  lengthMs: number;
  heading: number | null;
}

export interface Place {
  lon: number;
  lat: number;
  /** Radians clockwise from north on the map, or null while not known. */
  heading: number | null;
}

export class Motion {
  private readonly glides = new Map<string, Glide>();

  /** A place was reported (or repeated) for an appliance. */
  report(id: string, lon: number, lat: number, nowMs: number): void {
    const glide = this.glides.get(id);
    if (!glide) {
      this.glides.set(id, { fromLon: lon, fromLat: lat, lon, lat, startMs: nowMs, lengthMs: 0, heading: null });
      return;
    }
    if (glide.lon === lon && glide.lat === lat) return;
    const at = placeAt(glide, nowMs);
    const far = Math.abs(lon - at.lon) > JUMP_DEGREES || Math.abs(lat - at.lat) > JUMP_DEGREES;
    const sinceMs = nowMs - glide.startMs;
    this.glides.set(id, {
      fromLon: far ? lon : at.lon,
      fromLat: far ? lat : at.lat,
      lon,
      lat,
      startMs: nowMs,
      lengthMs: far ? 0 : Math.min(LONGEST_GLIDE_MS, Math.max(SHORTEST_GLIDE_MS, sinceMs)),
      heading: headingOf(at.lon, at.lat, lon, lat) ?? glide.heading,
    });
  }

  place(id: string, nowMs: number): Place | null {
    const glide = this.glides.get(id);
    return glide ? placeAt(glide, nowMs) : null;
  }

  /** Forgets appliances that no longer move. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.glides.keys()) if (!ids.has(id)) this.glides.delete(id);
  }

  /** Whether anything is still gliding. */
  active(nowMs: number): boolean {
    for (const glide of this.glides.values()) if (nowMs < glide.startMs + glide.lengthMs) return true;
    return false;
  }
}

function placeAt(glide: Glide, nowMs: number): Place {
  const part = glide.lengthMs > 0 ? Math.min(1, Math.max(0, (nowMs - glide.startMs) / glide.lengthMs)) : 1;
  return {
    lon: glide.fromLon + (glide.lon - glide.fromLon) * part,
    lat: glide.fromLat + (glide.lat - glide.fromLat) * part,
    heading: glide.heading,
  };
}

function headingOf(lon0: number, lat0: number, lon1: number, lat1: number): number | null {
  const east = (lon1 - lon0) * Math.cos((lat0 * Math.PI) / 180);
  const north = lat1 - lat0;
  return east === 0 && north === 0 ? null : Math.atan2(east, north);
}
