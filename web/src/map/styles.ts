/** How the map's features look. Only what is actual is drawn with full lines and full fills in the actual colour. */

import type Feature from 'ol/Feature'
import type { FeatureLike } from 'ol/Feature'
import MultiPolygon from 'ol/geom/MultiPolygon'
import Polygon from 'ol/geom/Polygon'
import CircleStyle from 'ol/style/Circle'
import Fill from 'ol/style/Fill'
import RegularShape from 'ol/style/RegularShape'
import Stroke from 'ol/style/Stroke'
import Style from 'ol/style/Style'
import Text from 'ol/style/Text'
import type { World } from '../api/shapes.ts'
import type { Drawn } from './features.ts'
import type { Place } from './places.ts'
import type { SensorPart } from './sensing.ts'
import { faded, memberLook, scaled, type Palette } from './palette.ts'

/** What the styles depend on besides the feature. */
export interface Looks {
  palette: Palette
  members: readonly string[]
  selected: string | null
  isStale: boolean
}

const SANS = 'system-ui, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK JP", "Noto Sans CJK KR", sans-serif'
export const labelFont = (px: number, weight = 600): string => `${weight} ${scaled(px)}px ${SANS}`

/** A shape that tells a member, filled or hollow. */
function badge(corners: number, radius: number, fill: string | null, line: string, width: number): CircleStyle | RegularShape {
  const looks = { ...(fill ? { fill: new Fill({ color: fill }) } : {}), stroke: new Stroke({ color: line, width }) }
  if (corners === 0) return new CircleStyle({ radius: scaled(radius), ...looks })
  return new RegularShape({ points: corners, radius: scaled(radius) * 1.25, angle: 0, ...looks })
}

const hatches = new Map<string, CanvasPattern | string>()

/** Stripes, so that nothing but the actual is filled evenly. */
function hatch(colour: string): CanvasPattern | string {
  const known = hatches.get(colour)
  if (known) return known
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 8
  const context = canvas.getContext('2d')
  if (!context) return faded(colour, 0.15)
  context.strokeStyle = faded(colour, 0.45)
  context.lineWidth = 1.5
  context.beginPath()
  for (const shift of [-8, 0, 8]) {
    context.moveTo(shift, 8)
    context.lineTo(shift + 8, 0)
  }
  context.stroke()
  const pattern = context.createPattern(canvas, 'repeat') ?? faded(colour, 0.15)
  hatches.set(colour, pattern)
  return pattern
}

const fillOf = (world: World, colour: string): Fill =>
  new Fill({ color: world === 'actual' ? faded(colour, 0.3) : hatch(colour) })

const known = new Map<string, Style>()

/** Forget what was made in colours that are no longer those in force. */
export function forgetStyles(): void {
  known.clear()
  hatches.clear()
}

/** Style of the features of events, each made once. */
export function eventStyle(looks: Looks): (feature: FeatureLike) => Style {
  return (feature) => {
    const drawn = (feature as Feature).get('drawn') as Drawn
    const look = memberLook(drawn.member, looks.members)
    const isSelected = looks.selected === null || drawn.eventKey === looks.selected
    const key = `${drawn.part} ${drawn.world} ${look.index} ${drawn.isLeading} ${drawn.isPlain} ${isSelected} ${looks.isStale}`
    const style = known.get(key) ?? makeStyle(looks, drawn, look, isSelected)
    known.set(key, style)
    return style
  }
}

function makeStyle({ palette, isStale }: Looks, drawn: Drawn, look: { index: number; corners: number }, isSelected: boolean): Style {
  const world = isStale ? palette.stale : palette.world[drawn.world]
  const member = isStale ? palette.stale : (palette.member[look.index] as string)
  const dash = drawn.world === 'actual' ? undefined : [7, 4]
  const strength = isSelected ? 1 : 0.45
  const line = (colour: string, width: number, lineDash?: number[]): Stroke =>
    new Stroke({ color: faded(colour, strength), width, ...(lineDash ? { lineDash } : {}) })
  switch (drawn.part) {
    case 'region':
      return new Style({ stroke: line(world, 1.2, [2, 4]), fill: fillOf(drawn.world, world) })
    case 'ellipse':
      return new Style({
        stroke: line(drawn.isLeading ? world : member, drawn.isLeading ? 2 : 1.3, dash),
        ...(drawn.isLeading && !drawn.isPlain ? { fill: fillOf(drawn.world, world) } : {}),
        zIndex: drawn.isLeading ? 3 : 2,
      })
    case 'radius':
      return new Style({ stroke: line(world, 1.3, dash) })
    case 'trail':
      return new Style({
        stroke: drawn.isLeading ? line(palette.track, 2.2) : line(member, 1.2, [1, 4]),
        zIndex: drawn.isLeading ? 5 : 4,
      })
    case 'ahead':
      return new Style({ stroke: line(world, 1.4, [3, 6]), zIndex: 1 })
    case 'launch':
      return new Style({
        image: new RegularShape({ points: 4, radius: scaled(8), radius2: 0, angle: Math.PI / 4, stroke: line(palette.text, 2) }),
        zIndex: 6,
      })
    case 'impact':
      return new Style({
        image: badge(look.corners, drawn.isLeading ? 7 : 10, drawn.isLeading ? faded(palette.halo, 0.7) : null, faded(member, strength), 2),
        zIndex: drawn.isLeading ? 8 : 7,
      })
  }
}

export type AreaState = 'risk' | 'overflown' | 'none'

/** The largest part of an area: its name stands there once, not on every island. */
function largest(feature: FeatureLike): Polygon | undefined {
  const geometry = (feature as Feature).getGeometry()
  if (geometry instanceof MultiPolygon) return geometry.getPolygons().sort((a, b) => b.getArea() - a.getArea())[0]
  return geometry instanceof Polygon ? geometry : undefined
}

/** Style of a warning area; `world` is of the event that puts it at risk, `told` what a message says of it. */
export function areaStyle(
  looks: Looks, state: AreaState, world: World, name: string, showsName: boolean, told: 'risk' | 'freed' | null = null,
): Style[] {
  const styles = [areaShape(looks, state, world)]
  const { text, halo } = looks.palette
  if (told) {
    styles.push(
      new Style({ stroke: new Stroke({ color: halo, width: 6 }), zIndex: 4 }),
      new Style({ stroke: new Stroke({ color: text, width: 2.6, ...(told === 'freed' ? { lineDash: [2, 5] } : {}) }), zIndex: 5 }),
    )
  }
  if (showsName) styles.push(areaLabel(looks, state, name))
  return styles
}

function areaLabel({ palette }: Looks, state: AreaState, name: string): Style {
  const isAtRisk = state === 'risk'
  return new Style({
    geometry: largest,
    zIndex: 6, // above the outlines of what a message tells
    text: new Text({
      text: name, font: labelFont(isAtRisk ? 13 : 11, isAtRisk ? 700 : 500), overflow: true,
      fill: new Fill({ color: isAtRisk ? palette.text : faded(palette.text, 0.75) }),
      stroke: new Stroke({ color: palette.halo, width: 3 }),
    }),
  })
}

function areaShape(looks: Looks, state: AreaState, world: World): Style {
  const { palette } = looks
  const colour = looks.isStale ? palette.stale : palette.world[world]
  if (state === 'risk') {
    return new Style({
      fill: fillOf(world, colour), stroke: new Stroke({ color: colour, width: 2 }), zIndex: 3,
    })
  }
  if (state === 'overflown') {
    return new Style({
      fill: new Fill({ color: faded(palette.overflown, 0.16) }), zIndex: 2,
      stroke: new Stroke({ color: faded(palette.overflown, 0.8), width: 1.2, lineDash: [4, 3] }),
    })
  }
  return new Style({ stroke: new Stroke({ color: palette.area, width: 0.7 }), zIndex: 1 })
}

/** Style of a sensor's place, of what it covers and of where its plots lay: thin and pale, since it is no object. */
export function sensorStyle(
  { palette, members, isStale }: Looks, { sensor, part }: SensorPart, isContributing: boolean, showsName: boolean, name: string,
): Style {
  const look = memberLook(sensor.member, members)
  const colour = isStale ? palette.stale : (palette.member[look.index] as string)
  const strong = isContributing ? 1 : 0.45
  switch (part) {
    case 'coverage':
      return new Style({
        stroke: new Stroke({ color: faded(colour, 0.35 * strong), width: 1, lineDash: [1, 5] }),
      })
    case 'reach':
      return new Style({ fill: new Fill({ color: faded(colour, isContributing ? 0.06 : 0.03) }) })
    case 'rim':
      return new Style({ image: badge(look.corners, 3, null, faded(colour, 0.6 * strong), 1) })
    case 'name':
      return new Style({ text: sensorText(name, faded(palette.sensor, 0.8), palette.halo) })
    case 'site':
      return new Style({
        image: badge(look.corners, 4, isContributing ? faded(colour, 0.8) : null, faded(colour, 0.8), 1.3),
        ...(showsName
          ? { text: sensorText(name, palette.sensor, palette.halo) }
          : {}),
      })
  }
}

const sensorText = (words: string, colour: string, halo: string): Text =>
  new Text({
    text: words, font: labelFont(10, 500), offsetY: scaled(12), fill: new Fill({ color: colour }), stroke: new Stroke({ color: halo, width: 2 }),
  })

/** Style of the name of a place: seas in italics, as on any chart. */
export function placeStyle({ palette }: Looks, place: Place): Style {
  return new Style({
    ...(place.isSea ? {} : { image: new CircleStyle({ radius: 1.5, fill: new Fill({ color: faded(palette.text, 0.55) }) }) }),
    text: new Text({
      text: place.text, font: place.isSea ? `italic ${labelFont(12, 500)}` : labelFont(10, 500), offsetY: place.isSea ? 0 : scaled(10),
      fill: new Fill({ color: faded(palette.text, 0.55) }), stroke: new Stroke({ color: faded(palette.halo, 0.6), width: 2 }),
    }),
  })
}
