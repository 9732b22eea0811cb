/** How movements that claims tell of are drawn: arcs from place to place, which are no course. */

import Feature from 'ol/Feature'
import LineString from 'ol/geom/LineString'
import Point from 'ol/geom/Point'
import CircleStyle from 'ol/style/Circle'
import Fill from 'ol/style/Fill'
import RegularShape from 'ol/style/RegularShape'
import Stroke from 'ol/style/Stroke'
import Style from 'ol/style/Style'
import Text from 'ol/style/Text'
import type { World } from '../api/shapes.ts'
import type { Movement, Spot } from '../claims/movements.ts'
import { circle } from '../geo/sphere.ts'
import { point, polygons } from './features.ts'
import { faded, scaled } from './palette.ts'
import { labelFont, type Looks } from './styles.ts'

const CORNERS = 24
/** How far an arc bends from the straight line, of its length: there and back lie apart. */
const BEND = 0.14

export interface DrawnMovement {
  part: 'way' | 'end' | 'place' | 'around'
  world: World
  isSelected: boolean
  text: string
  /** It was seen, or claims name its places; else it was inferred or told. */
  isFirm: boolean
  /** Of the last piece of an arc, clockwise from north; for its arrow. */
  turn: number
}

/** An arc in the map's projection that bends to the right of its way. */
export function arc(from: readonly number[], to: readonly number[]): number[][] {
  const [x, y, toX, toY] = [...from, ...to] as [number, number, number, number]
  const [bendX, bendY] = [(x + toX) / 2 + (toY - y) * BEND, (y + toY) / 2 - (toX - x) * BEND]
  return Array.from({ length: CORNERS + 1 }, (_, i) => {
    const [a, b, c] = [(1 - i / CORNERS) ** 2, 2 * (1 - i / CORNERS) * (i / CORNERS), (i / CORNERS) ** 2]
    return [a * x + b * bendX + c * toX, a * y + b * bendY + c * toY]
  })
}

function make(geometry: LineString | Point | ReturnType<typeof polygons>, pick: string, drawn: DrawnMovement): Feature {
  const feature = new Feature(geometry as Point)
  feature.setProperties({ pick, moved: drawn }, true)
  return feature
}

const looksOf = ({ first, basis }: Movement) => ({ world: first.world, isFirm: basis === null || basis === 'seen', turn: 0 })

/**
 * Everything of the movements, what is selected last.
 *
 * @param isSelected Whether it is looked at.
 * @param told What stands at a way or a stay, such as how many claims tell of it.
 */
export function featuresOf(
  movements: readonly Movement[], isSelected: (movement: Movement) => boolean, told: (movement: Movement) => string,
): Feature[] {
  const places = new Map<string, { spot: Spot; movement: Movement; isSelected: boolean; text: string }>()
  const ways: Feature[] = []
  for (const movement of [...movements].sort((a, b) => Number(isSelected(a)) - Number(isSelected(b)))) {
    const common = { ...looksOf(movement), isSelected: isSelected(movement) }
    for (const [i, spot] of movement.spots.entries()) {
      const next = movement.spots[i + 1]
      const text = movement.spots.length === 1 ? `${spot.name}\n${told(movement)}` : spot.name
      const known = places.get(spot.name)
      places.set(spot.name, { spot, movement, isSelected: common.isSelected || (known?.isSelected ?? false), text: known && known.text.length > text.length ? known.text : text })
      if (!next) continue
      const line = arc(point(spot.at), point(next.at))
      const [before, last] = line.slice(-2) as [[number, number], [number, number]]
      ways.push(make(new LineString(line), movement.key, { ...common, part: 'way', text: told(movement) }))
      const turn = Math.atan2(last[0] - before[0], last[1] - before[1])
      ways.push(make(new Point(line[Math.round(CORNERS * 0.86)] ?? last), movement.key, { ...common, part: 'end', text: '', turn }))
    }
  }
  const stands = [...places.values()].flatMap(({ spot, movement, isSelected: is, text }) => {
    const common = { ...looksOf(movement), isSelected: is }
    return [
      ...(spot.withinKm ? [make(polygons([circle(spot.at, spot.withinKm)]), movement.key, { ...common, part: 'around' as const, text: '' })] : []),
      make(new Point(point(spot.at)), movement.key, { ...common, part: 'place', text }),
    ]
  })
  return [...ways, ...stands]
}

/** Only what is actual is drawn with full lines, and of that what was inferred or told with dots. */
export function movementStyle(feature: Feature, { palette }: Looks): Style[] {
  const { part, world, isSelected, text, isFirm, turn } = feature.get('moved') as DrawnMovement
  const colour = isSelected ? palette.track : palette.sensor
  const dash = world !== 'actual' ? { lineDash: [scaled(7), scaled(5)] } : isFirm ? {} : { lineDash: [scaled(1.5), scaled(4.5)] }
  const letters = {
    font: labelFont(isSelected ? 13 : 11.5), fill: new Fill({ color: palette.text }), stroke: new Stroke({ color: palette.halo, width: 3 }),
  }
  switch (part) {
    case 'way':
      return [
        new Style({ stroke: new Stroke({ color: palette.halo, width: scaled(isSelected ? 6 : 4) }) }),
        new Style({
          stroke: new Stroke({ color: colour, width: scaled(isSelected ? 3.2 : 1.6), ...dash }),
          text: new Text({ ...letters, text, declutterMode: isSelected ? 'obstacle' : 'declutter', placement: 'line', textBaseline: 'bottom', overflow: true }),
          zIndex: isSelected ? 1 : 0,
        }),
      ]
    case 'end':
      return [new Style({
        image: new RegularShape({ declutterMode: 'none', points: 3, radius: scaled(isSelected ? 9 : 6), rotation: turn, rotateWithView: true, fill: new Fill({ color: colour }) }),
        zIndex: isSelected ? 1 : 0,
      })]
    case 'around':
      return [new Style({ stroke: new Stroke({ color: faded(palette.sensor, 0.8), width: 1, ...dash }), fill: new Fill({ color: faded(palette.sensor, 0.14) }) })]
    case 'place':
      return [new Style({
        image: new CircleStyle({ declutterMode: 'none', radius: scaled(isSelected ? 5.5 : 4), fill: new Fill({ color: palette.halo }), stroke: new Stroke({ color: colour, width: 2 }) }),
        text: new Text({ ...letters, text, textBaseline: 'bottom', offsetY: scaled(-8) }),
        zIndex: 2,
      })]
  }
}
