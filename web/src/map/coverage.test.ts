import { describe, expect, it } from 'vitest'
import type { Sensor } from '../api/shapes.ts'
import { cutRing } from '../geo/antimeridian.ts'
import { distanceKm } from '../geo/sphere.ts'
import { reachRing, rimPlaces, sectorRing } from './coverage.ts'

const sensor = (lat_deg: number, lon_deg: number, reach_km: number[] = []): Sensor =>
  ({ member: 'JPN', sensor_id: 'a', lat_deg, lon_deg, reach_km }) as unknown as Sensor

describe('what a sensor covers', () => {
  it('is a sector whose rim lies at its range and whose edges end at the sensor', () => {
    const ring = sectorRing(sensor(38, 138), { range_km: 1000, from_deg: 270, to_deg: 390 })
    expect(ring[0]).toEqual(ring[ring.length - 1])
    const far = ring.map((point) => distanceKm([138, 38], point))
    expect(Math.max(...far)).toBeCloseTo(1000, 3)
    expect(far.filter((km) => km > 999.9)).toHaveLength(43)
  })

  it('is cut at ±180', () => {
    const pieces = cutRing(sectorRing(sensor(52, 178), { range_km: 1500, from_deg: 0, to_deg: 360 }))
    expect(pieces).toHaveLength(2)
    for (const [lon] of pieces.flat()) expect(Math.abs(lon)).toBeLessThanOrEqual(180)
  })

  it('holds the pole if it reaches beyond it', () => {
    const pieces = cutRing(sectorRing(sensor(64, -149), { range_km: 4000, from_deg: 0, to_deg: 360 }))
    const lats = pieces.flat().map(([, lat]) => lat)
    expect(Math.max(...lats)).toBe(90)
    const lons = pieces.flat().map(([lon]) => lon)
    expect([Math.min(...lons), Math.max(...lons)]).toEqual([-180, 180])
  })
})

it('shows how far plots lay, and nothing where none did', () => {
  expect(reachRing(sensor(38, 138, Array<number>(24).fill(0)))).toBeNull()
  const ring = reachRing(sensor(38, 138, [500, ...Array<number>(23).fill(0)])) ?? []
  const far = ring.map((point) => distanceKm([138, 38], point))
  expect(Math.max(...far)).toBeCloseTo(500, 3)
  expect(far.filter((km) => km < 1)).toHaveLength(23)
})

it('puts the shape of a member on the rim', () => {
  expect(rimPlaces(sensor(38, 138), { range_km: 800, from_deg: 0, to_deg: 360 })).toHaveLength(4)
})
