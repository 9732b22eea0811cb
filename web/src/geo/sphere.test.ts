import { describe, expect, it } from 'vitest'
import { cutLine, cutRing } from './antimeridian.ts'
import { circle, destination, distanceKm, ellipse, greatCircle, wrap, type LonLat } from './sphere.ts'

describe('the sphere', () => {
  it('knows a quarter of a great circle', () => {
    expect(distanceKm([0, 0], [90, 0])).toBeCloseTo((6371.0088 * Math.PI) / 2, 3)
  })

  it('comes to where distance says, in every direction', () => {
    for (const bearing of [0, 45, 133, 270]) {
      const place = destination([179.5, 42], bearing, 300)
      expect(distanceKm([179.5, 42], place)).toBeCloseTo(300, 6)
      expect(Math.abs(place[0])).toBeLessThanOrEqual(180)
    }
  })

  it('wraps longitudes', () => {
    expect([190, -190, 540, 180, -180].map(wrap)).toEqual([-170, 170, -180, -180, -180])
  })

  it('puts the longer axis of an ellipse along its bearing', () => {
    const ring = ellipse([140, 40], [100, 10], 90)
    const [lons, lats] = [ring.map(([lon]) => lon), ring.map(([, lat]) => lat)]
    expect(Math.max(...lons) - Math.min(...lons)).toBeGreaterThan(2)
    expect(Math.max(...lats) - Math.min(...lats)).toBeLessThan(0.2)
    expect(ring[0]).toEqual(ring[ring.length - 1])
  })

  it('keeps a circle round', () => {
    for (const point of circle([10, 70], 25)) expect(distanceKm([10, 70], point)).toBeCloseTo(25, 6)
  })

  it('ends a great circle where it shall end', () => {
    const line = greatCircle([126, 39], [160, 42])
    expect(line[0]?.[0]).toBeCloseTo(126, 9)
    expect(line[line.length - 1]?.[0]).toBeCloseTo(160, 9)
    const sum = line.slice(1).reduce((km, point, i) => km + distanceKm(line[i] as LonLat, point), 0)
    expect(sum).toBeCloseTo(distanceKm([126, 39], [160, 42]), 3)
  })
})

describe('the antimeridian', () => {
  const widest = (line: LonLat[]): number =>
    Math.max(...line.slice(1).map((point, i) => Math.abs(point[0] - (line[i] as LonLat)[0])))

  it('leaves alone what does not cross it', () => {
    const line: LonLat[] = [[10, 1], [20, 2], [30, 3]]
    expect(cutLine(line)).toEqual([line])
    expect(cutRing([[0, 0], [1, 0], [1, 1], [0, 0]])).toHaveLength(1)
  })

  it('cuts a line eastward and westward at the same latitude on both sides', () => {
    for (const line of [[[178, 40], [-178, 44]], [[-178, 44], [178, 40]]] as LonLat[][]) {
      const [one, two] = cutLine(line) as [LonLat[], LonLat[]]
      expect(Math.abs(one[1]?.[0] ?? 0)).toBe(180)
      expect(two[0]?.[0]).toBe(-(one[1]?.[0] ?? 0))
      expect(one[1]?.[1]).toBeCloseTo(42, 9)
      expect(two[0]?.[1]).toBeCloseTo(42, 9)
    }
  })

  it('cuts a flight into pieces without a jump', () => {
    const pieces = cutLine(greatCircle([126, 39], [-150, 30]))
    expect(pieces).toHaveLength(2)
    for (const piece of pieces) expect(widest(piece)).toBeLessThan(5)
  })

  it('keeps a line that only touches it in one piece', () => {
    expect(cutLine([[170, 0], [180, 0]]).filter((piece) => widest(piece) > 0)).toHaveLength(1)
    expect(cutLine([[-170, 0], [-180, 0]]).filter((piece) => widest(piece) > 0)).toHaveLength(1)
  })

  it('cuts an ellipse over it into two closed rings within ±180', () => {
    const rings = cutRing(ellipse([179.9, 45], [80, 30], 60))
    expect(rings).toHaveLength(2)
    for (const ring of rings) {
      expect(ring[0]).toEqual(ring[ring.length - 1])
      expect(Math.max(...ring.map(([lon]) => Math.abs(lon)))).toBeLessThanOrEqual(180)
      expect(widest(ring)).toBeLessThan(5)
    }
  })
})
