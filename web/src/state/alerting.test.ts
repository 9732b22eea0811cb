import { describe, expect, it } from 'vitest'
import type { Alert, AlertMessage } from '../api/alert_shapes.ts'
import { alertsByUrgency, confirmedOf, endsOf, forReader, isPassed, leftAfter, toldBy, waitingOf, worldOf } from './alerting.ts'

const message = (given: Partial<AlertMessage>): AlertMessage => ({
  id: 'm', digest: '', number: 1, message: 'alert', place: 'next', drafted_at: '2026-01-15T12:00:00Z', sent_at: null,
  latest_at: '2026-01-15T12:05:00Z', reason: '', areas: [], freed: [], texts: [], freed_texts: [], grounds: null,
  confirmations: 2, confirmed: [], wanted: [], held: [], channels: [], through: [], ...given,
})
const alert = (key: string, given: Partial<Alert> = {}, ...messages: AlertMessage[]): Alert => ({
  key, alert_id: key, event_id: 'E-1', originator: 'JPN', status: 'actual', cap_status: 'Actual', synthetic: false,
  audience: ['JPN'], caveats: [], stage: 'predicted', outcome: null, is_sent: false, is_over: false, messages, ...given,
})
const area = (id: string): AlertMessage['areas'][number] =>
  ({ area: id, code: id, names: [], probability: null, earliest_at: null, latest_at: null })

describe('alerts', () => {
  it('come in the order in which people have to look at them', () => {
    const sorted = alertsByUrgency([
      alert('over', { is_over: true }), alert('peer', { originator: 'KOR' }, message({})), alert('drill', { cap_status: 'Exercise' }, message({})),
      alert('told', { is_sent: true }, message({ place: 'sent' })), alert('due', {}, message({})),
    ], 'JPN')
    expect(sorted.map(({ key }) => key)).toEqual(['due', 'told', 'drill', 'peer', 'over'])
    expect(worldOf(alert('x', { cap_status: 'Test' }))).toBe('test')
  })

  it('want people for what is due and for an all-clear, not for what is late or a cancel that is only kept ready', () => {
    const late = message({ held: [{ guard: 'late', reason: '' }] })
    const waits = waitingOf(alert('a', {}, late, message({ id: 'c', place: 'end', message: 'cancel' }), message({ id: 'a', place: 'end', message: 'all_clear' })))
    expect(waits.map(({ id }) => id)).toEqual(['a'])
    expect(waitingOf(alert('a', {}, message({ id: 'n' })))).toHaveLength(1)
    expect(isPassed(late, Date.parse('2026-01-15T12:05:01Z'))).toBe(true)
    expect(isPassed(message({ place: 'sent' }), Date.parse('2026-01-15T12:05:01Z'))).toBe(false)
  })

  it('end with an all-clear before a cancel, the newest first', () => {
    const ends = endsOf(alert('a', {}, ...[1, 2].map((number) => message({ number, place: 'end', message: 'cancel' })), message({ number: 3, place: 'end', message: 'all_clear' })))
    expect(ends.map((each) => each.number)).toEqual([3, 2, 1])
  })

  it('show on the map whom the message that is due tells, else the last that was sent', () => {
    const sent = message({ place: 'sent', areas: [area('JP-01')] })
    expect([...toldBy(alert('a', {}, sent)).areas]).toEqual(['JP-01'])
    const due = message({ areas: [area('JP-02')], freed: [area('JP-01')] })
    expect([...toldBy(alert('a', {}, sent, due)).freed]).toEqual(['JP-01'])
    expect(toldBy(null).areas.size).toBe(0)
  })

  it('tell a person what a confirmation of theirs would do', () => {
    const two = message({ wanted: [['alert_officer'], ['watch_officer']] })
    expect(leftAfter(two, ['watch_officer'])).toBe(1)
    expect(leftAfter(message({ wanted: [['alert_officer']] }), ['watch_officer'])).toBeNull()
    expect(leftAfter(message({ wanted: [['alert_officer', 'watch_officer']] }), ['watch_officer'])).toBe(0)
  })

  it('count the confirmations that count, and at another member every yes', () => {
    const said = (pseudonym: string, counts: boolean | null, is_yes = true): AlertMessage['confirmed'][number] =>
      ({ person: { role: 'alert_officer', pseudonym }, is_yes, at: '', text: '', counts })
    const confirmed = [said('AO-1', true), said('AO-2', false), said('AO-3', null), said('AO-4', null, false)]
    expect(confirmedOf(message({ confirmed })).map(({ person }) => person.pseudonym)).toEqual(['AO-1', 'AO-3'])
  })

  it('are read in the own language first', () => {
    const texts = ['en-US', 'ja-JP'].map((language) => ({ language, event: '', headline: '', description: '', instruction: '' }))
    expect(forReader(texts, 'ja').map(({ language }) => language)).toEqual(['ja-JP', 'en-US'])
  })
})
