/** Cuts lines and rings where they cross longitude 180, so that a planar map draws no band across the world. */

import type { LonLat } from './sphere.ts'

/** Make longitudes continuous: each within 180 degrees of the one before, so some lie beyond ±180. */
export function unrolled(line: readonly LonLat[]): LonLat[] {
  let previous: number | null = null
  return line.map(([lon, lat]) => {
    let out = lon
    if (previous !== null) out = lon + 360 * Math.round((previous - lon) / 360)
    previous = out
    return [out, lat]
  })
}

/** Shift by whole turns so that the first longitude lies from -180 to 180. */
function home(line: LonLat[], reference: number): LonLat[] {
  const turns = 360 * Math.floor((reference + 180) / 360)
  return turns === 0 ? line : line.map(([lon, lat]) => [lon - turns, lat])
}

/** Cut a line into pieces that each stay within ±180. */
export function cutLine(line: readonly LonLat[]): LonLat[][] {
  const points = unrolled(line)
  const pieces: LonLat[][] = []
  let piece: LonLat[] = []
  const world = (lon: number): number => Math.floor((lon + 180) / 360)
  const end = (): void => {
    if (piece.length > 1) {
      const middle = ((piece[0] as LonLat)[0] + (piece[piece.length - 1] as LonLat)[0]) / 2
      pieces.push(home(piece, middle))
    }
    piece = []
  }
  points.forEach((point, i) => {
    const before = points[i - 1]
    if (before !== undefined && world(before[0]) !== world(point[0])) {
      const edge = 360 * Math.max(world(before[0]), world(point[0])) - 180
      const share = (edge - before[0]) / (point[0] - before[0])
      const crossing: LonLat = [edge, before[1] + share * (point[1] - before[1])]
      if (share > 0) piece.push(crossing)
      end()
      piece.push(crossing)
      if (share >= 1) return
    }
    piece.push(point)
  })
  end()
  return pieces
}

/** Clip a closed ring to longitudes on one side of an edge (Sutherland and Hodgman, 1974). */
function clip(ring: readonly LonLat[], edge: number, keepsWest: boolean): LonLat[] {
  const isIn = ([lon]: LonLat): boolean => (keepsWest ? lon <= edge : lon >= edge)
  const out: LonLat[] = []
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const a = ring[i] as LonLat
    const b = ring[i + 1] as LonLat
    if (isIn(a)) out.push(a)
    if (isIn(a) !== isIn(b)) out.push([edge, a[1] + ((edge - a[0]) / (b[0] - a[0])) * (b[1] - a[1])])
  }
  if (out.length > 2) out.push(out[0] as LonLat)
  return out.length > 3 ? out : []
}

/** Let a ring around a pole run along that pole too: unrolled it does not close by itself. */
function overPole(points: LonLat[]): LonLat[] {
  const [first, last] = [points[0], points[points.length - 1]]
  if (!first || !last || Math.abs(last[0] - first[0]) < 180) return points
  const pole = points.reduce((sum, [, lat]) => sum + lat, 0) > 0 ? 90 : -90
  return [...points, [last[0], pole], [first[0], pole], first]
}

/** Cut a closed ring (first point repeated at the end) into rings that each stay within ±180. */
export function cutRing(ring: readonly LonLat[]): LonLat[][] {
  const points = overPole(unrolled(ring))
  const lons = points.map(([lon]) => lon)
  const first = Math.floor((Math.min(...lons) + 180) / 360)
  const last = Math.floor((Math.max(...lons) + 180 - 1e-9) / 360)
  const pieces: LonLat[][] = []
  for (let world = first; world <= last; world += 1) {
    const west = 360 * world - 180
    const piece = clip(clip(points, west, false), west + 360, true)
    if (piece.length) pieces.push(piece.map(([lon, lat]) => [lon - 360 * world, lat]))
  }
  return pieces
}
