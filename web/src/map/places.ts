/** Places that neighbours name differently: where they are, and which words there are for them. Pure. */

import type { Catalogue } from '../i18n/en.ts'
import type { LonLat } from '../geo/sphere.ts'

export interface Place {
  at: LonLat
  isSea: boolean
  text: string
}

/** By the code of `[web.naming]`; `both` puts the words of `pair` beside each other. */
const PLACES: Record<string, { at: LonLat; isSea: boolean; pair: readonly [keyof Catalogue, keyof Catalogue] }> = {
  east_sea: { at: [134.6, 39.6], isSea: true, pair: ['place_sea_of_japan', 'place_east_sea'] },
  yellow_sea: { at: [123.2, 36.2], isSea: true, pair: ['place_yellow_sea', 'place_west_sea'] },
  liancourt_rocks: { at: [131.87, 37.24], isSea: false, pair: ['place_takeshima', 'place_dokdo'] },
  southern_kurils: { at: [146.9, 44.2], isSea: false, pair: ['place_southern_kurils', 'place_northern_territories'] },
}

/**
 * What is named on the map, and how.
 *
 * @param naming By code, the word that the viewing member wants; unknown codes and words name nothing.
 */
export function namedPlaces(naming: Readonly<Record<string, string>>, t: Catalogue, language: string): Place[] {
  return Object.entries(PLACES).flatMap(([code, { at, isSea, pair }]) => {
    const wanted = naming[code] ?? 'none'
    const word = (key: keyof Catalogue): string => t[key] as string
    // Neither first nor second: as a dictionary of the reader's language has them.
    const both = pair.map(word).sort((a, b) => a.localeCompare(b, language)).join(' / ')
    const text = wanted === 'both' ? both : (t[`place_${wanted}` as keyof Catalogue] as string | undefined)
    return text ? [{ at, isSea, text }] : []
  })
}
