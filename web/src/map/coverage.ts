/** What sensors cover and how far they saw, as rings on the ground. Pure. */

import type { Coverage, Sensor } from '../api/shapes.ts'
import { destination, greatCircle, type LonLat } from '../geo/sphere.ts'

const ARC_STEP_DEG = 3
const EDGE_STEP_KM = 100

const place = ({ lon_deg, lat_deg }: Sensor): LonLat => [lon_deg, lat_deg]

/** Points of an arc around a place, both ends included. */
function arc(centre: LonLat, km: number, fromDeg: number, toDeg: number): LonLat[] {
  const steps = Math.max(1, Math.ceil((toDeg - fromDeg) / ARC_STEP_DEG))
  return Array.from({ length: steps + 1 }, (_, i) => destination(centre, fromDeg + ((toDeg - fromDeg) * i) / steps, km))
}

/** The closed ring of a sector: its edges are great circles, which a map in Mercator's projection bends. */
export function sectorRing(sensor: Sensor, { range_km: km, from_deg: from, to_deg: to }: Coverage): LonLat[] {
  const rim = arc(place(sensor), km, from, to)
  if (to - from >= 360) return rim
  const [first, last] = [rim[0] as LonLat, rim[rim.length - 1] as LonLat]
  return [...greatCircle(place(sensor), first, EDGE_STEP_KM), ...rim, ...greatCircle(last, place(sensor), EDGE_STEP_KM)]
}

/** The closed ring of what plots lay within, sector by sector; null if none has told a range. */
export function reachRing(sensor: Sensor): LonLat[] | null {
  const { reach_km: reach } = sensor
  if (!reach.some((km) => km > 0)) return null
  const wide = 360 / reach.length
  const ring = reach.flatMap((km, i) => (km > 0 ? arc(place(sensor), km, i * wide, (i + 1) * wide) : [place(sensor)]))
  return [...ring, ring[0] as LonLat]
}

/** Places on the rim where the shape of the sensor's member stands, so that colour is not all that tells it. */
export function rimPlaces(sensor: Sensor, { range_km: km, from_deg: from, to_deg: to }: Coverage): LonLat[] {
  const isWhole = to - from >= 360
  const shares = isWhole ? [0, 0.25, 0.5, 0.75] : [0.1, 0.5, 0.9]
  return shares.map((share) => destination(place(sensor), from + (to - from) * share, km))
}
