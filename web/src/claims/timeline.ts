/** Claims along one line of time: when it happened, when it was said, when it was denied. Pure. */

import type { ClaimLine } from '../api/claim_shapes.ts'
import { happened, inTime } from './reading.ts'

export interface TimeRow {
  line: ClaimLine
  /** Milliseconds; null: the claim names no time. */
  span: { from: number; to: number } | null
  saidMs: number | null
  denials: readonly number[]
}

const DAY_MS = 86_400_000

const parsed = (moment: string | undefined): number | null => (moment ? Date.parse(moment) : null)

export function timeRows(claims: readonly ClaimLine[]): TimeRow[] {
  return inTime(claims).map((line) => {
    const span = happened(line.claim)
    return {
      line,
      span: span && !span.isSaid ? { from: span.from, to: span.to } : null,
      saidMs: parsed(line.claim.said_at),
      denials: line.denials.flatMap(({ claim }) => parsed(claim.said_at) ?? []),
    }
  })
}

/** From the first to the last of all that is drawn, with a little room; null: nothing has a time. */
export function extentOf(rows: readonly TimeRow[]): [number, number] | null {
  const all = rows.flatMap(({ span, saidMs, denials }) => [
    ...(span ? [span.from, span.to] : []), ...(saidMs === null ? [] : [saidMs]), ...denials,
  ])
  if (!all.length) return null
  const [first, last] = [Math.min(...all), Math.max(...all)]
  const room = Math.max(DAY_MS, (last - first) * 0.02)
  return [first - room, last + room]
}

/** Where to write what along the line: months, or years if there are too many, or days if it is short. */
export function ticks([from, to]: readonly [number, number], most = 10): { ms: number; text: string }[] {
  const begin = new Date(from)
  const [year, month] = [begin.getUTCFullYear(), begin.getUTCMonth()]
  const months = (to - from) / (30.4 * DAY_MS)
  if (months < 2) {
    const step = Math.max(1, Math.ceil((to - from) / DAY_MS / most))
    const first = Math.ceil(from / DAY_MS) * DAY_MS
    return Array.from({ length: most + 1 }, (_, i) => first + i * step * DAY_MS)
      .filter((ms) => ms <= to)
      .map((ms) => ({ ms, text: new Date(ms).toISOString().slice(0, 10) }))
  }
  const step = [1, 2, 3, 6, 12, 24, 60, 120, 240].find((each) => months / each <= most) ?? 600
  const start = step < 12 ? Math.ceil((month + 1) / step) * step : 12
  return Array.from({ length: most + 2 }, (_, i) => Date.UTC(year, start + i * step, 1))
    .filter((ms) => ms >= from && ms <= to)
    .map((ms) => ({ ms, text: new Date(ms).toISOString().slice(0, step < 12 ? 7 : 4) }))
}
