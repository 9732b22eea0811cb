/** What the panels read out of alerts to the public. Pure. */

import type { Alert, AlertMessage, AlertText } from '../api/alert_shapes.ts'
import type { World } from '../api/shapes.ts'

const WORLDS: Readonly<Record<Alert['cap_status'], World>> = { Actual: 'actual', Exercise: 'exercise', Test: 'test' }

/** As what the public is told it. */
export const worldOf = (alert: Alert): World => WORLDS[alert.cap_status]

/** Alerts that run before those that are over; of these one's own, what is real, what waits; then the newest. */
export function alertsByUrgency(alerts: readonly Alert[], member: string): Alert[] {
  const rank = (alert: Alert): number[] => [
    Number(alert.is_over), Number(alert.originator !== member), Number(alert.cap_status !== 'Actual'),
    Number(!dueOf(alert)), -Date.parse(alert.messages.at(-1)?.drafted_at ?? ''),
  ]
  return [...alerts].sort((a, b) => {
    const [one, two] = [rank(a), rank(b)]
    const at = one.findIndex((value, i) => value !== two[i])
    return at < 0 ? 0 : (one[at] as number) - (two[at] as number)
  })
}

/** The newest alert or update that was not sent. */
export const dueOf = (alert: Alert): AlertMessage | null => alert.messages.find(({ place }) => place === 'next') ?? null

/** What went out, in order. */
export const sentOf = (alert: Alert): AlertMessage[] => alert.messages.filter(({ place }) => place === 'sent')

/** The confirmations that count: of another member, whose policy is not known here, every yes. */
export const confirmedOf = ({ confirmed }: AlertMessage): AlertMessage['confirmed'] =>
  confirmed.filter(({ counts, is_yes: isYes }) => counts ?? isYes)

/** Ends that one step would send, the all-clear first: a cancel says that the alert was wrong. */
export const endsOf = (alert: Alert): AlertMessage[] =>
  alert.messages.filter(({ place }) => place === 'end').sort((a, b) => a.message.localeCompare(b.message) || b.number - a.number)

/** Messages that want people now: what is due, and an all-clear; a cancel is kept ready for when it is wanted. */
export const waitingOf = (alert: Alert): AlertMessage[] =>
  alert.messages.filter(({ place, message, held }) =>
    (place === 'next' && !held.some(({ guard }) => guard === 'late' || guard === 'current')) || (place === 'end' && message === 'all_clear'))

/** Whom a message tells of a risk, and whom that it is over. */
export interface Told {
  areas: ReadonlySet<string>
  freed: ReadonlySet<string>
}

const NOBODY: Told = { areas: new Set(), freed: new Set() }

export function toldBy(alert: Alert | null): Told {
  const message = alert && (dueOf(alert) ?? sentOf(alert).at(-1))
  return message ? { areas: new Set(message.areas.map(({ area }) => area)), freed: new Set(message.freed.map(({ area }) => area)) } : NOBODY
}

/** Texts with the reader's language first. */
export const forReader = (texts: readonly AlertText[], language: string): AlertText[] =>
  [...texts].sort((a, b) => Number(!a.language.startsWith(language)) - Number(!b.language.startsWith(language)))

/** Whether the time of impact has passed for a message that would still tell of the risk. */
export const isPassed = ({ latest_at: latest, place }: AlertMessage, nowMs: number): boolean =>
  place === 'next' && latest !== null && nowMs > Date.parse(latest)

/** How many more confirmations are wanted after one by who has these roles; null: theirs is not wanted. */
export function leftAfter({ wanted }: AlertMessage, roles: readonly string[]): number | null {
  const at = wanted.findIndex((each) => each.some((role) => roles.includes(role)))
  return at < 0 ? null : wanted.length - 1
}
