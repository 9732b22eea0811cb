/** The colours of the map, read from the page's style sheet so that there is one place for them; shapes of members. */

import type { World } from '../api/shapes.ts'

export interface Palette {
  sea: string
  land: string
  coast: string
  boundary: string
  graticule: string
  text: string
  halo: string
  area: string
  overflown: string
  sensor: string
  stale: string
  track: string
  member: readonly string[]
  world: Record<World, string>
}

/** Read the palette of the theme in force. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return {
    sea: colour('map-sea'), land: colour('map-land'), coast: colour('map-coast'), boundary: colour('map-boundary'),
    graticule: colour('map-graticule'), text: colour('map-text'), halo: colour('map-halo'), area: colour('map-area'),
    overflown: colour('map-overflown'), sensor: colour('map-sensor'), stale: colour('stale'), track: colour('map-track'),
    member: [1, 2, 3, 4, 5, 6].map((number) => colour(`member-${number}`)),
    world: { actual: colour('world-actual'), exercise: colour('world-exercise'), test: colour('world-test') },
  }
}

const USUAL_TEXT_PX = 14
let scale = 1

/** Take the size of the page's text, which grows with the screen; tells whether it is another one than before. */
export function readScale(): boolean {
  const before = scale
  scale = Math.max(1, Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_TEXT_PX)
  return scale !== before
}

/** Pixels of a label or a mark on a screen of usual size, in those of this one. */
export const scaled = (px: number): number => px * scale

/** The same colour with another opacity; colours of the style sheet are #rrggbb, or #rgb once they are made small. */
export function faded(colour: string, opacity: number): string {
  const long = colour.length === 4 ? colour.replaceAll(/[0-9a-f]/gi, '$&$&') : colour
  const figures = [1, 3, 5].map((at) => Number.parseInt(long.slice(at, at + 2), 16))
  return `rgba(${figures.join(',')},${opacity})`
}

/** Shapes by which members are told apart, as polygons of so many corners; 0 is a circle. */
const CORNERS = [0, 4, 3, 5, 6, 8]

/** Which shape and colour a member has: its place among all members that are known, so the same everywhere. */
export function memberLook(member: string, members: readonly string[]): { index: number; corners: number } {
  const index = Math.max(0, members.indexOf(member)) % CORNERS.length
  return { index, corners: CORNERS[index] as number }
}
