/** Times and spans as they are read in an ops room. Pure. */

const two = (value: number): string => String(value).padStart(2, '0')

/** `12:34:56Z` of a time in milliseconds or RFC 3339; `--:--:--Z` if there is none. */
export function clockUtc(time: number | string | null | undefined): string {
  const date = toDate(time)
  return date ? `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}Z` : '--:--:--Z'
}

/** `2017-08-28 20:57:59Z`. */
export function momentUtc(time: number | string | null | undefined): string {
  const date = toDate(time)
  return date ? `${date.toISOString().slice(0, 10)} ${clockUtc(time)}` : '—'
}

/** `20:57:59.437Z`, for chains of times where milliseconds tell. */
export function clockUtcMs(time: number | string | null | undefined): string {
  const date = toDate(time)
  return date ? date.toISOString().slice(11) : '—'
}

/** Wall-clock time of this machine's zone, with the zone's short name. */
export function clockLocal(ms: number, language: string, timeZone?: string): string {
  const parts = new Intl.DateTimeFormat(language, {
    hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'short',
    ...(timeZone ? { timeZone } : {}),
  }).formatToParts(ms)
  const part = (type: string): string => parts.find((each) => each.type === type)?.value.padStart(2, '0') ?? '' // Korean leaves zeros out
  return `${part('hour')}:${part('minute')}:${part('second')} ${part('timeZoneName')}`.trim()
}

/** A span in its two largest units: `12 s`, `3:07`, `2:03:07`, `3 d 2 h`. Negative spans count as none. */
export function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`
  if (s < 86_400) return `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`
}

/** `04:32` to a moment, and `04:32` after it; the sign is told apart, since it must not be overlooked. */
export function countdown(toMs: number, nowMs: number): { text: string; isPast: boolean } {
  const isPast = nowMs >= toMs
  // Rounded towards the moment: what is shown as left is really left.
  const s = Math.floor(Math.abs(toMs - nowMs) / 1000)
  const hours = Math.floor(s / 3600)
  return { text: `${hours ? `${hours}:` : ''}${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`, isPast }
}

/** Seconds between two times with a sign, `+0.024 s`; empty if one is missing. */
export function difference(from: string | null | undefined, to: string | null | undefined, decimals = 3): string {
  if (!from || !to) return ''
  const s = (Date.parse(to) - Date.parse(from)) / 1000
  return `${s < 0 ? '−' : '+'}${Math.abs(s).toFixed(Math.abs(s) < 10 ? decimals : 1)} s`
}

/** `0:12:30` on the clock of a scenario, in seconds after its start. */
export function scenarioClock(s: number): string {
  const whole = Math.max(0, Math.floor(s))
  return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`
}

/** Seconds of `90`, `1:30` or `0:01:30`, as scenarios write them; null: it is no time. */
export function scenarioSeconds(text: string): number | null {
  const found = /^(?:(?:(\d{1,3}):)?(\d{1,3}):([0-5]\d)|(\d{1,6}))$/.exec(text.trim())
  if (!found) return null
  const [, hours, minutes, seconds, whole] = found
  return whole === undefined ? 3600 * Number(hours ?? 0) + 60 * Number(minutes) + Number(seconds) : Number(whole)
}

function toDate(time: number | string | null | undefined): Date | null {
  if (time === null || time === undefined || time === '') return null
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? null : date
}
