/** What the panels and the map read out of an event. Pure. */

import type { Alone, AreaAtRisk, AreaProperties, Assessment, EventItem, RecordItem, Remark, Sensor } from '../api/shapes.ts'
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
      (b.opened_at < a.opened_at ? -1 : b.opened_at > a.opened_at ? 1 : 0),
  )
}

/** Remarks that speak against an event: whoever looks at it must know of them. */
export function objections(event: EventItem): Remark[] {
  return event.remarks.filter(({ act }) => act === 'dispute' || act === 'false_alarm')
}

/** What people of a member said of an event, the first first; that it was on a screen is no answer. */
export function answers(event: EventItem, member: string): Remark[] {
  return event.remarks.filter(({ act, originator }) => act !== 'seen' && originator === member)
}

/** The area that is flown over next, if one is. */
export function nextOver(assessment: Assessment, nowMs: number): Assessment['overflown'][number] | null {
  const ahead = assessment.overflown.filter(({ passes_at }) => Date.parse(passes_at) > nowMs)
  return ahead.sort((a, b) => (a.passes_at < b.passes_at ? -1 : 1))[0] ?? null
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

/** A name, and the language that it is in. */
export interface Named {
  text: string
  lang: Language
}

/** The name of an area for a reader. */
export function areaName(area: AreaProperties, reader: Language): Named {
  return OWN_LANGUAGE[area.member] === reader && area.name_local
    ? { text: area.name_local, lang: reader }
    : { text: area.name_en, lang: 'en' }
}

/** Area of an ellipse by its semi-axes. */
export const areaKm2 = ([a, b]: readonly [number, number]): number => Math.PI * a * b

/** What sharing bought: how much sooner a useful impact area stood, or how much smaller the present one is. */
export type Gain = { sort: 'sooner'; s: number } | { sort: 'smaller'; times: number } | { sort: 'only_together' }

/** Seconds to the first ellipse of 10 km if both have one; else the areas of now; null: nothing can be compared yet. */
export function gain(alone: Alone | null, together: Assessment): Gain | null {
  const [one, both] = [alone?.ellipse_95_km, together.impact?.ellipse_95_km]
  if (alone?.useful_at && together.useful_at) {
    return { sort: 'sooner', s: (Date.parse(alone.useful_at) - Date.parse(together.useful_at)) / 1000 }
  }
  if (both && !one) return { sort: 'only_together' }
  return one && both ? { sort: 'smaller', times: areaKm2(one) / areaKm2(both) } : null
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

/** Out of what an impact was foretold: the members whose plots, and those whose tracks went in, with their weights. */
export interface Joined {
  method: string
  plotsOf: string[]
  tracksOf: { member: string; weight: number }[]
}

export function joined(assessment: Assessment): Joined {
  const { method = '', contributors: parts = [] } = assessment
  const tracksOf = parts.filter(({ record }) => record).map(({ member, weight }) => ({ member, weight }))
  const ownFilter = method === '' || parts.some(({ record }) => !record)
  return { method, plotsOf: ownFilter ? contributors(assessment).map(([member]) => member).filter(Boolean) : [], tracksOf }
}

/**
 * Sensors as they were known at a time; null: now. How far they saw is known of now alone, so it is left out of earlier
 * pictures, and so are sensors that had not told anything.
 */
export function sensorsKnown(sensors: readonly Sensor[], at: string | null): readonly Sensor[] {
  if (at === null) return sensors
  const atMs = Date.parse(at)
  return sensors
    .filter(({ coverage, first_admitted_at: first }) => coverage || (first !== null && Date.parse(first) <= atMs))
    .map((sensor) => ({ ...sensor, plots: 0, last_observed_at: null, reach_km: [] }))
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
