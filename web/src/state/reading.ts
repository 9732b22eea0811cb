/** What the panels and the map read out of an event. Pure. */

import type { AreaAtRisk, AreaProperties, Assessment, EventItem, RecordItem, Remark } from '../api/shapes.ts'
import { distanceKm } from '../geo/sphere.ts'
import type { Language } from '../i18n/words.svelte.ts'

/** A track is stale when its last plot is older than this. */
export const STALE_MS = 15_000
/** Classes less probable than this are not told. */
const LEAST_TOLD = 0.005

export function leading(event: EventItem): Assessment | null {
  return event.members[event.leading] ?? Object.values(event.members)[0] ?? null
}

/** The assessments, the leading one first, the others by member. */
export function inOrder(event: EventItem): Assessment[] {
  return Object.values(event.members).sort((a, b) =>
    a.originator === event.leading ? -1 : b.originator === event.leading ? 1 : a.originator.localeCompare(b.originator))
}

/** Open events first, of these what is actual, then the newest: no drill pushes down what is real. */
export function byUrgency(events: Iterable<EventItem>): EventItem[] {
  return [...events].sort(
    (a, b) =>
      Number(a.is_closed) - Number(b.is_closed) ||
      Number(b.world === 'actual') - Number(a.world === 'actual') ||
      b.opened_at.localeCompare(a.opened_at),
  )
}

/** Remarks that speak against an event: whoever looks at it must know of them. */
export function objections(event: EventItem): Remark[] {
  return event.remarks.filter(({ act }) => act === 'dispute' || act === 'false_alarm')
}

/** Members agree if their impact points lie this near to each other in place and time (docs/explanation/the-watch-floor.md). */
export const AGREE_WITHIN = { km: 1, s: 2 }

/** Who, besides the leading member, predicts the same impact, who another, and who none. */
export function agreement(event: EventItem): Record<'agree' | 'differ' | 'silent', string[]> {
  const [first, ...others] = inOrder(event)
  const out = { agree: [] as string[], differ: [] as string[], silent: [] as string[] }
  const own = first?.impact
  if (!own) return out
  for (const { originator, impact } of others) {
    if (!impact) {
      out.silent.push(originator)
      continue
    }
    const apartKm = distanceKm([own.lon_deg, own.lat_deg], [impact.lon_deg, impact.lat_deg])
    const apartS = Math.abs(Date.parse(own.at) - Date.parse(impact.at)) / 1000
    out[apartKm <= AGREE_WITHIN.km && apartS <= AGREE_WITHIN.s ? 'agree' : 'differ'].push(originator)
  }
  return out
}

/** Areas at risk with what is known of each, the likeliest first. */
export function atRisk(assessment: Assessment): AreaAtRisk[] {
  const told = new Map((assessment.at_risk ?? []).map((each) => [each.area, each]))
  return [...new Set([...told.keys(), ...assessment.areas])]
    .map((area) => told.get(area) ?? { area })
    .sort((a, b) => (b.probability ?? 0) - (a.probability ?? 0))
}

/** Classes with their probabilities, the likeliest first; those that are next to impossible are left out. */
export function classes(assessment: Assessment): { name: string; probability: number }[] {
  return (assessment.classes ?? [])
    .filter(({ probability }) => probability >= LEAST_TOLD)
    .sort((a, b) => b.probability - a.probability)
}

const OWN_LANGUAGE: Record<string, Language> = { JPN: 'ja', KOR: 'ko', USA: 'en' }

/** The name of an area for a reader, and the language that it is in. */
export function areaName(area: AreaProperties, reader: Language): { text: string; lang: Language } {
  return OWN_LANGUAGE[area.member] === reader && area.name_local
    ? { text: area.name_local, lang: reader }
    : { text: area.name_en, lang: 'en' }
}

/** Sensors by member, from ids such as `JPN:JPN-radar-a`. */
export function contributors(assessment: Assessment): [string, string[]][] {
  const found = new Map<string, string[]>()
  for (const id of assessment.sensors) {
    const at = id.indexOf(':')
    const [member, sensor] = at < 0 ? ['', id] : [id.slice(0, at), id.slice(at + 1)]
    found.set(member, [...(found.get(member) ?? []), sensor])
  }
  return [...found].sort(([a], [b]) => a.localeCompare(b))
}

/** Every key that an event has or had: ids alone are the same in an exercise and in earnest. */
export function names(event: EventItem): string[] {
  return [event.key, ...event.aliases.map((alias) => `${event.status}/${alias}`)]
}

/** Under which the moment is kept when a stage was first drawn here. */
export function shownKey(event: EventItem, assessment: Assessment, stage: string): string {
  return `${event.key}/${assessment.originator}/${stage}`
}

/** Put records into a list, newest first, each once, bounded. */
export function merged(records: readonly RecordItem[], more: readonly RecordItem[], most: number): RecordItem[] {
  const found = new Map([...records, ...more].map((record) => [record.order, record]))
  return [...found.values()].sort((a, b) => b.order - a.order).slice(0, most)
}
