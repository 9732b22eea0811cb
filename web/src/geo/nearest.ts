/** Where a place is, said from the nearest warning area: for people who read no coordinates. Pure. */

import type { AreaCollection } from '../api/shapes.ts'
import { bearingDeg, distanceKm, type LonLat } from './sphere.ts'

export const DIRECTIONS = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const
export type Direction = (typeof DIRECTIONS)[number]

/** The area, and how far and to which side of it a place lies; 0 km: within. */
export interface Nearest {
  area: string
  km: number
  direction: Direction
}

type Ring = readonly number[][]

/** The nearest area that is no part of another, by the corners of its outline; null without areas. */
export function nearestArea(areas: AreaCollection, place: LonLat): Nearest | null {
  let found: Nearest | null = null
  for (const { properties, geometry } of areas.features) {
    if (properties.part_of) continue
    const polygons = (geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates) as number[][][][]
    for (const rings of polygons) {
      if (rings.filter((ring) => isWithin(ring, place)).length % 2) return { area: properties.id, km: 0, direction: 'n' }
      for (const corner of (rings[0] ?? []) as LonLat[]) {
        const km = distanceKm(corner, place)
        if (!found || km < found.km) found = { area: properties.id, km, direction: directionOf(bearingDeg(corner, place)) }
      }
    }
  }
  return found
}

export const directionOf = (deg: number): Direction => DIRECTIONS[Math.round((((deg % 360) + 360) % 360) / 45) % 8] as Direction

/** Whether a ring holds a place, by the crossings of a line to the north. */
function isWithin(ring: Ring, [lon, lat]: LonLat): boolean {
  let isIn = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [[x1, y1], [x2, y2]] = [ring[i] as LonLat, ring[j] as LonLat]
    if (x1 > lon !== x2 > lon && lat < y1 + ((lon - x1) / (x2 - x1)) * (y2 - y1)) isIn = !isIn
  }
  return isIn
}
