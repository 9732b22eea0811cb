import type MultiPolygon from 'ol/geom/MultiPolygon'
import { describe, expect, it } from 'vitest'
import type { Assessment, EventItem, TrackPoint } from '../api/shapes.ts'
import { extentOf, marksOf, ofEvent, type Drawn } from './features.ts'

const HALF_WORLD_M = 20_037_508.4

function event(impactLon: number): EventItem {
  const assessment = (originator: string): Assessment =>
    ({
      originator, launch_point: { lat_deg: 39, lon_deg: 126, radius_km: 5 }, trail: [[130, 40, 1e5, '']],
      track: { lat_deg: 40, lon_deg: 130 }, impact: { lat_deg: 45, lon_deg: impactLon, ellipse_95_km: [80, 30], ellipse_bearing_deg: 60 },
    }) as unknown as Assessment
  return {
    key: 'test/e', event_id: 'e', world: 'test', is_closed: false, leading: 'JPN',
    members: { JPN: assessment('JPN'), KOR: assessment('KOR') },
  } as unknown as EventItem
}

const drawn = (given: EventItem): Drawn[] => ofEvent(given).map((feature) => feature.get('drawn') as Drawn)

describe('what is drawn of an event', () => {
  it('is everything of the leading member, and of the others where they differ', () => {
    const parts = (member: string): string[] => drawn(event(157)).filter((each) => each.member === member).map(({ part }) => part).sort()
    expect(parts('JPN')).toEqual(['ahead', 'ellipse', 'impact', 'launch', 'radius', 'trail'])
    expect(parts('KOR')).toEqual(['ellipse', 'impact', 'trail'])
  })

  it('carries its world, by which it is styled', () => {
    expect(new Set(drawn(event(157)).map(({ world }) => world))).toEqual(new Set(['test']))
  })

  it('is cut at ±180 and stays on the map', () => {
    const ellipse = ofEvent(event(179.9)).find((feature) => (feature.get('drawn') as Drawn).part === 'ellipse')
    const geometry = ellipse?.getGeometry() as MultiPolygon
    expect(geometry.getPolygons()).toHaveLength(2)
    expect(Math.max(...geometry.getExtent().map(Math.abs))).toBeLessThanOrEqual(HALF_WORLD_M)
  })

  it('spans the shorter way over ±180', () => {
    const extent = extentOf(event(-170))
    expect(extent && extent[2] - extent[0]).toBeLessThan(HALF_WORLD_M)
  })
})

it('marks where an object was last, by the newest that is told, and where it comes down', () => {
  const marks = (given: EventItem) => marksOf(given, { lat_deg: 60, lon_deg: 131, sigma_m: 300 } as unknown as TrackPoint)
  expect(marks(event(157)).map(({ part }) => part)).toEqual(['impact', 'position'])
  expect(marks(event(157))[1]).toMatchObject({ sigmaM: 300, groundPerMapM: expect.closeTo(0.5) as number })
  expect(marks({ ...event(157), is_closed: true }).map(({ part }) => part)).toEqual(['impact'])
})
