/** Claims that name places, as ways and places on a map. Pure. */

import type { ClaimLine } from '../api/claim_shapes.ts'
import type { LonLat } from '../geo/sphere.ts'
import { keyOf, refOf } from './reading.ts'

export interface Spot {
  name: string
  at: LonLat
  withinKm: number
}

/** Claims that name the same places in the same order; one place is a stay, more are a way. */
export interface Movement {
  /** Of its places. */
  key: string
  spots: readonly Spot[]
  claims: readonly ClaimLine[]
  isDenied: boolean
}

/** What moved where, those that most claims tell of last, so that they are drawn on top. */
export function movementsOf(claims: readonly ClaimLine[]): Movement[] {
  const found = new Map<string, { spots: Spot[]; claims: ClaimLine[] }>()
  for (const line of claims) {
    const spots = (line.claim.places ?? []).flatMap(({ name, lat_deg: lat, lon_deg: lon, within_km: within }): Spot[] =>
      lat === undefined || lon === undefined ? [] : [{ name, at: [lon, lat], withinKm: within ?? 0 }],
    )
    if (!spots.length) continue
    // worlds are never drawn as one
    const key = [line.status, ...spots.map(({ at }) => at.map((degrees) => degrees.toFixed(2)).join(','))].join(' ')
    const known = found.get(key)
    if (known) known.claims.push(line)
    else found.set(key, { spots, claims: [line] })
  }
  return [...found].map(([key, each]): Movement => ({ ...each, key, isDenied: each.claims.some(({ denials }) => denials.length > 0) }))
    .sort((a, b) => a.claims.length - b.claims.length)
}

/** The claim of a movement to look at next, when it is picked again and again. */
export function nextOf(movement: Movement, selected: string | null): ClaimLine | undefined {
  const at = movement.claims.findIndex((line) => keyOf(refOf(line)) === selected)
  return movement.claims[(at + 1) % movement.claims.length]
}
