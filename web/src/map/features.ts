/** What of an event is drawn where: features with a role, and no style. */

import Feature from 'ol/Feature'
import type Geometry from 'ol/geom/Geometry'
import LineString from 'ol/geom/LineString'
import MultiLineString from 'ol/geom/MultiLineString'
import MultiPolygon from 'ol/geom/MultiPolygon'
import Point from 'ol/geom/Point'
import { fromLonLat } from 'ol/proj'
import type { Assessment, EventItem, Impact, Ring, TrackPoint, World } from '../api/shapes.ts'
import { cutLine, cutRing } from '../geo/antimeridian.ts'
import { circle, ellipse, greatCircle, type LonLat } from '../geo/sphere.ts'
import { inOrder, leading } from '../state/reading.ts'
import type { Mark } from './overlay.ts'

export type Part = 'region' | 'ellipse' | 'radius' | 'trail' | 'ahead' | 'launch' | 'impact'

/** What a style has to know of a feature. */
export interface Drawn {
  part: Part
  eventKey: string
  member: string
  world: World
  isLeading: boolean
  isClosed: boolean
  /** One of hundreds that nobody looks at. */
  isPlain: boolean
}

type Props = Omit<Drawn, 'part'>

/** Corners of an ellipse that is one of hundreds. */
const FEW_CORNERS = 24

/** Mercator ends before the poles. */
const FARTHEST = 85

export const point = ([lon, lat]: LonLat): number[] => fromLonLat([lon, Math.max(-FARTHEST, Math.min(FARTHEST, lat))])
export const polygons = (rings: readonly LonLat[][]): MultiPolygon =>
  new MultiPolygon(rings.flatMap(cutRing).map((ring) => [ring.map(point)]))
export const lines = (line: readonly LonLat[]): MultiLineString =>
  new MultiLineString(cutLine(line).map((piece) => new LineString(piece.map(point))))

function make(part: Part, props: Props, geometry: Geometry): Feature {
  const feature = new Feature(geometry)
  feature.set('drawn', { part, ...props } satisfies Drawn, true)
  return feature
}

function regionRings(region: Impact['region']): LonLat[][] {
  if (!region || region.length === 0) return []
  return (typeof region[0]?.[0] === 'number' ? [region as Ring] : (region as Ring[])).map(closed)
}

function closed(ring: Ring): LonLat[] {
  const [first, last] = [ring[0], ring[ring.length - 1]]
  return first && last && (first[0] !== last[0] || first[1] !== last[1]) ? [...ring, first] : ring
}

function ofAssessment(assessment: Assessment, props: Props): Feature[] {
  const { isPlain } = props
  const out: Feature[] = []
  const { launch_point: launch, impact, track, trail } = assessment
  const flown: LonLat[] = [
    ...(launch ? [[launch.lon_deg, launch.lat_deg] as LonLat] : []),
    ...trail.map(([lon, lat]): LonLat => [lon, lat]),
  ]
  if (impact) {
    const centre: LonLat = [impact.lon_deg, impact.lat_deg]
    const rings = regionRings(impact.region)
    if (rings.length && props.isLeading && !isPlain) out.push(make('region', props, polygons(rings)))
    out.push(make('ellipse', props, polygons([ellipse(centre, impact.ellipse_95_km, impact.ellipse_bearing_deg, isPlain ? FEW_CORNERS : undefined)])))
    if (props.isLeading && !props.isClosed && track && !isPlain) {
      out.push(make('ahead', props, lines(greatCircle([track.lon_deg, track.lat_deg], centre))))
    }
    out.push(make('impact', props, new Point(point(centre))))
  }
  if (launch && props.isLeading && !isPlain) {
    const centre: LonLat = [launch.lon_deg, launch.lat_deg]
    out.push(make('radius', props, polygons([circle(centre, launch.radius_km)])))
    out.push(make('launch', props, new Point(point(centre))))
  }
  if (flown.length > 1) out.push(make('trail', props, lines(flown)))
  return out
}

/**
 * Everything of an event that changes with its stages; positions are drawn by the overlay, since they change often.
 *
 * @param isPlain One of hundreds that nobody looks at: by the leading member alone, its way and where it comes down.
 */
export function ofEvent(event: EventItem, isPlain = false): Feature[] {
  return inOrder(event)
    .filter((assessment) => !isPlain || assessment.originator === event.leading)
    .reverse()
    .flatMap((assessment) =>
      ofAssessment(assessment, {
        eventKey: event.key,
        member: assessment.originator,
        world: event.world,
        isLeading: assessment.originator === event.leading,
        isClosed: event.is_closed,
        isPlain,
      }),
    )
}

/** Where the object of an event is now and where it is expected to come down, for the overlay. */
export function marksOf(event: EventItem, newest: TrackPoint | undefined): Mark[] {
  const assessment = leading(event)
  const common = { eventKey: event.key, member: event.leading, world: event.world }
  const track = newest ?? assessment?.track
  const out: Mark[] = []
  if (assessment?.impact) out.push(markAt('impact', common, assessment.impact, 0))
  if (track && !event.is_closed) out.push(markAt('position', common, track, track.sigma_m))
  return out
}

function markAt(
  part: Mark['part'], common: Pick<Mark, 'eventKey' | 'member' | 'world'>, at: { lat_deg: number; lon_deg: number }, sigmaM: number,
): Mark {
  const [x, y] = point([at.lon_deg, at.lat_deg]) as [number, number]
  return { ...common, part, x, y, sigmaM, groundPerMapM: Math.cos((at.lat_deg * Math.PI) / 180) }
}

/** Longitudes and latitudes that an event spans, unrolled over ±180, in the map's projection; null if it has no place. */
export function extentOf(event: EventItem): [number, number, number, number] | null {
  const places: LonLat[] = inOrder(event).flatMap(({ launch_point: launch, impact, track, trail }) => [
    ...(launch ? [[launch.lon_deg, launch.lat_deg] as LonLat] : []),
    ...trail.map(([lon, lat]): LonLat => [lon, lat]),
    ...(track ? [[track.lon_deg, track.lat_deg] as LonLat] : []),
    ...(impact ? ellipse([impact.lon_deg, impact.lat_deg], impact.ellipse_95_km, impact.ellipse_bearing_deg, 8) : []),
  ])
  const first = places[0]
  if (!first) return null
  const unrolled = places.map(([lon, lat]): LonLat => [lon + 360 * Math.round((first[0] - lon) / 360), lat])
  const points = unrolled.map(point)
  const [xs, ys] = [points.map((each) => each[0] as number), points.map((each) => each[1] as number)]
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}
