import { expect, it } from 'vitest'
import type { AreaCollection } from '../api/shapes.ts'
import { directionOf, nearestArea } from './nearest.ts'

const square = (id: string, lon: number, lat: number, part_of: string | null = null): AreaCollection['features'][number] => ({
  type: 'Feature', properties: { id, member: 'JPN', name_en: id, name_local: id, part_of },
  geometry: { type: 'Polygon', coordinates: [[[lon, lat], [lon + 1, lat], [lon + 1, lat + 1], [lon, lat + 1], [lon, lat]]] },
})
const areas: AreaCollection = { type: 'FeatureCollection', features: [square('far', 100, 10), square('near', 140, 40), square('part', 150, 40, 'near')] }

it('tells how far a place is from the nearest whole area, and on which side', () => {
  const found = nearestArea(areas, [150, 40.2])
  expect(found).toMatchObject({ area: 'near', direction: 'e' })
  expect(found?.km).toBeCloseTo(765, -1)
})

it('tells that a place is within', () => {
  expect(nearestArea(areas, [140.5, 40.5])).toMatchObject({ area: 'near', km: 0 })
})

it('has nothing to say without areas', () => {
  expect(nearestArea({ type: 'FeatureCollection', features: [] }, [0, 0])).toBeNull()
})

it('names eight directions', () => {
  expect([0, 44, 91, -90, 359].map(directionOf)).toEqual(['n', 'ne', 'e', 'w', 'n'])
})
