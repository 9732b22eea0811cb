/**
 * What changes many times a second, on canvases of its own above the map: positions, countdowns, the watermark.
 *
 * Moving hundreds of features makes a map draw everything beneath them again. Here only the marks are drawn, at most
 * once per animation frame.
 */

import type OlMap from 'ol/Map'
import type { FrameState } from 'ol/Map'
import type { World } from '../api/shapes.ts'
import { faded, memberLook, scaled, type Palette } from './palette.ts'
import { labelFont } from './styles.ts'

/** Something with a place that is drawn or labelled here. */
export interface Mark {
  eventKey: string
  member: string
  world: World
  /** An impact is drawn by the map; here it only has its label. */
  part: 'position' | 'impact'
  /** In the map's projection. */
  x: number
  y: number
  /** Metres on the ground for one of the projection. */
  groundPerMapM: number
  sigmaM: number
}

/** What the drawing depends on. */
export interface Content {
  palette: Palette
  members: readonly string[]
  selected: string | null
  isStale: boolean
  marks: readonly Mark[]
  /** Words drawn faintly across the map, so that a picture of it is unmistakable too; empty: none. */
  watermark: string
  label(mark: Mark): string
}

const WORLD_M = 2 * Math.PI * 6378137
/** Room that a label takes. */
const LABEL_PX = 260
const LINE_PX = 17
const PICK_PX = 14
/** Smaller than its mark, an uncertainty is not seen. */
const LEAST_SIGMA_PX = 6

export class Overlay {
  readonly #marks: HTMLCanvasElement
  readonly #water: HTMLCanvasElement
  #state: FrameState | null = null
  #isDue = false
  #watered = ''
  #sprites = new Map<string, HTMLCanvasElement>()
  #drawn: { eventKey: string; x: number; y: number }[] = []

  constructor(map: OlMap, private readonly content: () => Content) {
    this.#water = document.createElement('canvas')
    this.#marks = document.createElement('canvas')
    this.#water.className = this.#marks.className = 'overlay'
    map.getViewport()?.append(this.#water, this.#marks)
    map.on('postrender', ({ frameState }) => {
      if (!frameState) return
      this.#state = frameState
      this.#draw()
    })
  }

  /** Draw in the next animation frame. */
  due(): void {
    if (this.#isDue) return
    this.#isDue = true
    requestAnimationFrame(() => {
      this.#isDue = false
      this.#draw()
    })
  }

  /** Forget what was made in colours that are no longer those in force. */
  forget(): void {
    this.#sprites.clear()
    this.#watered = ''
    this.due()
  }

  /** The event whose position is nearest to a place on the screen, if one is near. */
  pick([x, y]: readonly number[]): string | null {
    if (x === undefined || y === undefined) return null
    let [found, least] = [null as string | null, PICK_PX]
    for (const each of this.#drawn) {
      const far = Math.hypot(each.x - x, each.y - y)
      if (far < least) [found, least] = [each.eventKey, far]
    }
    return found
  }

  #draw(): void {
    const state = this.#state
    if (!state) return
    const content = this.content()
    this.#drawWatermark(content, state)
    const context = prepared(this.#marks, state)
    if (!context) return
    context.clearRect(0, 0, state.size[0] as number, state.size[1] as number)
    this.#drawn = []
    const [selected, others] = [[] as Mark[], [] as Mark[]]
    for (const mark of content.marks) (mark.eventKey === content.selected ? selected : others).push(mark)
    for (const mark of [...others, ...selected]) this.#drawMark(context, content, state, mark)
  }

  #drawMark(context: CanvasRenderingContext2D, content: Content, state: FrameState, mark: Mark): void {
    const [x, y] = pixelOf(state, mark)
    const [width, height] = state.size as [number, number]
    const isSelected = content.selected === null || mark.eventKey === content.selected
    if (x < -LABEL_PX || y < -LABEL_PX || x > width + LABEL_PX || y > height + LABEL_PX) return
    const words = isSelected ? content.label(mark) : ''
    const { palette } = content
    if (mark.part === 'impact') {
      const colour = content.isStale ? palette.stale : palette.world[mark.world]
      if (words) this.#drawLabel(context, words, colour, palette.halo, x, y + scaled(18), 'center')
      return
    }
    this.#drawn.push({ eventKey: mark.eventKey, x, y })
    const sigmaPx = mark.sigmaM / mark.groundPerMapM / state.viewState.resolution
    if (sigmaPx > LEAST_SIGMA_PX) {
      context.beginPath()
      context.arc(x, y, sigmaPx, 0, 2 * Math.PI)
      context.fillStyle = faded(palette.track, 0.12)
      context.strokeStyle = faded(palette.track, isSelected ? 1 : 0.45)
      context.lineWidth = 1
      context.fill()
      context.stroke()
    }
    const sprite = this.#sprite(content, state.pixelRatio, mark.member, isSelected)
    const size = sprite.width / state.pixelRatio
    context.drawImage(sprite, x - size / 2, y - size / 2, size, size)
    if (!words) return
    // Above it: to its sides lie the trail and the way ahead.
    const half = scaled(LABEL_PX / 2)
    const middle = Math.max(half, Math.min(width - half, x))
    const lines = words.split('\n').length
    this.#drawLabel(context, words, palette.text, palette.halo, middle, y - scaled(16 + lines * LINE_PX), 'center')
  }

  /** The shape of a member, made once for each look that it has. */
  #sprite({ palette, members, isStale }: Content, ratio: number, member: string, isSelected: boolean): HTMLCanvasElement {
    const look = memberLook(member, members)
    const key = `${look.index} ${isStale} ${isSelected} ${ratio}`
    const known = this.#sprites.get(key)
    if (known) return known
    const radius = scaled(isSelected ? 7 : 5)
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = Math.ceil((2 * radius * 1.25 + 4) * ratio)
    const context = canvas.getContext('2d')
    if (context) {
      context.scale(ratio, ratio)
      context.translate(canvas.width / ratio / 2, canvas.height / ratio / 2)
      outline(context, look.corners, radius)
      context.fillStyle = faded(isStale ? palette.stale : (palette.member[look.index] as string), isSelected ? 1 : 0.55)
      context.strokeStyle = faded(palette.halo, 0.9)
      context.lineWidth = 2
      context.fill()
      context.stroke()
    }
    this.#sprites.set(key, canvas)
    return canvas
  }

  #drawLabel(
    context: CanvasRenderingContext2D, words: string, colour: string, halo: string, x: number, top: number, align: CanvasTextAlign,
  ): void {
    context.font = labelFont(13)
    context.textAlign = align
    context.textBaseline = 'middle'
    context.lineJoin = 'round'
    context.lineWidth = 4
    context.strokeStyle = halo
    context.fillStyle = colour
    words.split('\n').forEach((line, i) => {
      const middle = top + (i + 0.5) * scaled(LINE_PX)
      context.strokeText(line, x, middle)
      context.fillText(line, x, middle)
    })
  }

  /** It stands still, so it is drawn only when it changes. */
  #drawWatermark({ watermark, palette }: Content, state: FrameState): void {
    const [width, height] = state.size as [number, number]
    const wanted = `${watermark} ${width} ${height} ${state.pixelRatio} ${palette.text}`
    if (wanted === this.#watered) return
    this.#watered = wanted
    const context = prepared(this.#water, state)
    if (!context) return
    context.clearRect(0, 0, width, height)
    if (!watermark) return
    context.save()
    context.translate(width / 2, height / 2)
    context.rotate(-Math.PI / 9)
    context.font = labelFont(30, 800)
    context.fillStyle = faded(palette.text, 0.055)
    context.textAlign = 'center'
    const step = { x: context.measureText(watermark).width + scaled(120), y: scaled(170) }
    const reach = Math.hypot(width, height) / 2
    for (let y = -reach, row = 0; y < reach + step.y; y += step.y, row += 1) {
      for (let x = -reach - (row % 2 ? step.x / 2 : 0); x < reach + step.x; x += step.x) context.fillText(watermark, x, y)
    }
    context.restore()
  }
}

/** The canvas's context in CSS pixels, the canvas as large as the map. */
function prepared(canvas: HTMLCanvasElement, { size, pixelRatio }: FrameState): CanvasRenderingContext2D | null {
  const [width, height] = size.map((px) => Math.round(px * pixelRatio)) as [number, number]
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width
    canvas.height = height
    canvas.style.width = `${size[0]}px`
    canvas.style.height = `${size[1]}px`
  }
  const context = canvas.getContext('2d')
  context?.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0)
  return context
}

/** Where a mark is on the screen, in the copy of the world that is looked at. */
function pixelOf({ coordinateToPixelTransform: t, viewState }: FrameState, mark: Mark): [number, number] {
  const x = mark.x + WORLD_M * Math.round(((viewState.center[0] as number) - mark.x) / WORLD_M)
  const [a, b, c, d, e, f] = t as [number, number, number, number, number, number]
  return [a * x + c * mark.y + e, b * x + d * mark.y + f]
}

/** A circle, or a polygon with one corner up. */
function outline(context: CanvasRenderingContext2D, corners: number, radius: number): void {
  context.beginPath()
  if (corners === 0) {
    context.arc(0, 0, radius, 0, 2 * Math.PI)
    return
  }
  for (let i = 0; i < corners; i += 1) {
    const angle = (2 * Math.PI * i) / corners
    context.lineTo(radius * 1.25 * Math.sin(angle), -radius * 1.25 * Math.cos(angle))
  }
  context.closePath()
}
