/** Circles, ellipses and distances on the mean sphere: for drawing, never for computing a warning. Degrees and km. */

export type LonLat = [number, number]

const EARTH_KM = 6371.0088
const RAD = Math.PI / 180

/** Great-circle distance by the haversine formula. */
export function distanceKm(a: LonLat, b: LonLat): number {
  const sinLat = Math.sin(((b[1] - a[1]) * RAD) / 2)
  const sinLon = Math.sin(((b[0] - a[0]) * RAD) / 2)
  const h = sinLat ** 2 + Math.cos(a[1] * RAD) * Math.cos(b[1] * RAD) * sinLon ** 2
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** Initial bearing of the great circle from one place to another, -180 to 180. */
export function bearingDeg(from: LonLat, to: LonLat): number {
  const lon = (to[0] - from[0]) * RAD
  const [a, b] = [from[1] * RAD, to[1] * RAD]
  return Math.atan2(Math.sin(lon) * Math.cos(b), Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(lon)) / RAD
}

/** Where one comes to from a place on a great circle; longitude from -180 to 180. */
export function destination(from: LonLat, bearingDeg: number, km: number): LonLat {
  const angle = km / EARTH_KM
  const lat = from[1] * RAD
  const bearing = bearingDeg * RAD
  const sinLat = Math.sin(lat) * Math.cos(angle) + Math.cos(lat) * Math.sin(angle) * Math.cos(bearing)
  const lon =
    from[0] * RAD +
    Math.atan2(Math.sin(bearing) * Math.sin(angle) * Math.cos(lat), Math.cos(angle) - Math.sin(lat) * sinLat)
  return [wrap(lon / RAD), Math.asin(sinLat) / RAD]
}

/** Longitude from -180 (inclusive) to 180. */
export function wrap(lonDeg: number): number {
  return ((((lonDeg + 180) % 360) + 360) % 360) - 180
}

/** A closed ring of an ellipse; the longer semi-axis lies along the bearing. */
export function ellipse(centre: LonLat, semiKm: [number, number], bearingDeg: number, points = 72): LonLat[] {
  const ring: LonLat[] = []
  for (let i = 0; i < points; i += 1) {
    const t = (2 * Math.PI * i) / points
    const along = semiKm[0] * Math.cos(t)
    const across = semiKm[1] * Math.sin(t)
    ring.push(destination(centre, bearingDeg + Math.atan2(across, along) / RAD, Math.hypot(along, across)))
  }
  ring.push(ring[0] as LonLat)
  return ring
}

export function circle(centre: LonLat, radiusKm: number): LonLat[] {
  return ellipse(centre, [radiusKm, radiusKm], 0, 48)
}

/** Points of the great circle between two places, both included, at most `stepKm` apart. */
export function greatCircle(a: LonLat, b: LonLat, stepKm = 50): LonLat[] {
  const total = distanceKm(a, b)
  const steps = Math.max(1, Math.ceil(total / stepKm))
  const angle = total / EARTH_KM
  if (angle < 1e-9 || Math.PI - angle < 1e-6) return [a, b]
  const vector = ([lon, lat]: LonLat): [number, number, number] => [
    Math.cos(lat * RAD) * Math.cos(lon * RAD),
    Math.cos(lat * RAD) * Math.sin(lon * RAD),
    Math.sin(lat * RAD),
  ]
  const [va, vb] = [vector(a), vector(b)]
  const line: LonLat[] = []
  for (let i = 0; i <= steps; i += 1) {
    const p = Math.sin((1 - i / steps) * angle) / Math.sin(angle)
    const q = Math.sin((i / steps) * angle) / Math.sin(angle)
    const [x, y, z] = [p * va[0] + q * vb[0], p * va[1] + q * vb[1], p * va[2] + q * vb[2]]
    line.push([Math.atan2(y, x) / RAD, Math.atan2(z, Math.hypot(x, y)) / RAD])
  }
  return line
}
