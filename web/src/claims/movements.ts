/** What moved where, by what claims name and by what was told leg by leg, as ways and places on a map. Pure. */

import type { ClaimLine, ClaimPlace, LegBasis, MovementLeg, MovementTold, Told } from '../api/claim_shapes.ts'
import type { LonLat } from '../geo/sphere.ts'
import { keyOf, refOf } from './reading.ts'

export interface Spot {
  name: string
  at: LonLat
  withinKm: number
}

/** Claims, or legs of movements, that name the same places in the same order; one place is a stay, more are a way. */
export interface Movement {
  key: string
  spots: readonly Spot[]
  claims: readonly ClaimLine[]
  /** Told leg by leg. */
  told: readonly MovementTold[]
  /** Of the leg; null: claims alone name the places. */
  basis: LegBasis | null
  first: Told
  isDenied: boolean
}

type Found = Omit<Movement, 'isDenied'> & { claims: ClaimLine[]; told: MovementTold[] }

const spotOf = (place: ClaimPlace | undefined): Spot[] =>
  place?.lat_deg === undefined || place.lon_deg === undefined ? []
  : [{ name: place.name, at: [place.lon_deg, place.lat_deg], withinKm: place.within_km ?? 0 }]

const lineKey = (line: ClaimLine): string => keyOf(refOf(line))

/** The legs of a movement; one that tells none is as one leg that somebody reported. */
export function legsOf({ movement }: MovementTold): readonly MovementLeg[] {
  const { legs, origin, destination } = movement
  if (legs?.length) return legs
  return [{ basis: 'reported', ...(origin ? { origin } : {}), ...(destination ? { destination } : {}) }]
}

/** What moved where, what is told most often last, so that it is drawn on top; what a movement tells of no claim draws. */
export function movementsOf(claims: readonly ClaimLine[], told: readonly MovementTold[]): Movement[] {
  const found = new Map<string, Found>()
  const put = (first: Told, basis: LegBasis | null, spots: Spot[]): Found | null => {
    if (!spots.length) return null
    // worlds are never drawn as one
    const key = [first.status, basis ?? '', ...spots.map(({ at }) => at.map((degrees) => degrees.toFixed(2)).join(','))].join(' ')
    const known = found.get(key) ?? { key, spots, claims: [], told: [], basis, first }
    found.set(key, known)
    return known
  }
  const lines = new Map(claims.map((line) => [lineKey(line), line]))
  const isTold = new Set(told.flatMap((each) => each.claims.map(keyOf)))
  for (const each of told) {
    for (const leg of legsOf(each)) {
      const known = put(each, leg.basis, [...spotOf(leg.origin), ...spotOf(leg.destination)])
      if (!known) continue
      if (!known.told.includes(each)) known.told.push(each)
      known.claims.push(...each.claims.flatMap((ref) => lines.get(keyOf(ref)) ?? []).filter((line) => !known.claims.includes(line)))
    }
  }
  for (const line of claims.filter((each) => !isTold.has(lineKey(each)))) {
    put(line, null, (line.claim.places ?? []).flatMap(spotOf))?.claims.push(line)
  }
  const count = (each: Found): number => each.told.length || each.claims.length
  return [...found.values()]
    .map((each) => ({ ...each, isDenied: [...each.claims, ...each.told].some(({ denials }) => denials.length > 0) }))
    .sort((a, b) => count(a) - count(b))
}

/** The claim of a movement to look at next, when it is picked again and again. */
export function nextOf(movement: Movement, selected: string | null): ClaimLine | undefined {
  const at = movement.claims.findIndex((line) => lineKey(line) === selected)
  return movement.claims[(at + 1) % movement.claims.length]
}
