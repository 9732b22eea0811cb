/** Saves what the map shows as a PNG that carries its marking and its world in the picture itself. */

import type { Plate } from '../state/banner.ts'
import { scaled } from './palette.ts'
import { labelFont } from './styles.ts'
import type { WatchMap } from './watch_map.ts'

export interface Stamp {
  world: string
  style: Plate['style']
  marking: string
  besides: string
  foot: string
}

export async function saveView(map: WatchMap, stamp: Stamp): Promise<void> {
  const layers = map.canvases()
  const first = layers[0]?.canvas
  if (!first) return
  const picture = document.createElement('canvas')
  const band = Math.round(scaled(34) * devicePixelRatio)
  picture.width = first.width
  picture.height = first.height + 2 * band
  const context = picture.getContext('2d')
  if (!context) return
  context.fillStyle = map.background
  context.fillRect(0, 0, picture.width, picture.height)
  for (const { canvas, opacity } of layers) {
    context.globalAlpha = opacity
    context.drawImage(canvas, 0, band)
  }
  context.globalAlpha = 1
  const colour = getComputedStyle(document.documentElement).getPropertyValue(stamp.style.replace('world', '--banner')).trim()
  for (const [top, words] of [[0, stamp.besides], [picture.height - band, stamp.foot]] as const) {
    context.fillStyle = colour
    context.fillRect(0, top, picture.width, band)
    context.fillStyle = '#ffffff'
    context.font = labelFont(17 * devicePixelRatio, 700)
    context.textBaseline = 'middle'
    const middle = top + band / 2
    context.textAlign = 'left'
    context.fillText(stamp.world, 12, middle)
    context.textAlign = 'center'
    context.fillText(stamp.marking, picture.width / 2, middle)
    context.textAlign = 'right'
    context.fillText(words, picture.width - 12, middle)
  }
  const blob = await new Promise<Blob | null>((resolve) => picture.toBlob(resolve, 'image/png'))
  if (!blob) return
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = `tocsin-${stamp.world.replaceAll(/[^\p{L}\p{N}]+/gu, '-')}-${stamp.marking}.png`
  link.click()
  URL.revokeObjectURL(link.href)
}
