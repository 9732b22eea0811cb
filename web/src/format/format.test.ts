import { describe, expect, it } from 'vitest'
import type { ScreenMarking } from '../api/shapes.ts'
import { bearing, km, likelihood, metres, percent, place, speed } from './figures.ts'
import { audienceWords, common, together } from './marking.ts'
import { clockLocal, clockUtc, clockUtcMs, countdown, difference, momentUtc, span, scenarioClock, scenarioSeconds } from './time.ts'

describe('times', () => {
  it('are told in UTC', () => {
    expect(clockUtc('2017-08-28T20:57:59.437Z')).toBe('20:57:59Z')
    expect(momentUtc('2017-08-29T05:57:59+09:00')).toBe('2017-08-28 20:57:59Z')
    expect(clockUtcMs('2017-08-28T20:57:59.437Z')).toBe('20:57:59.437Z')
  })

  it('say so when there is none', () => {
    expect([clockUtc(null), clockUtc('rubbish'), momentUtc('')]).toEqual(['--:--:--Z', '--:--:--Z', '—'])
  })

  it('are told in local time too', () => {
    expect(clockLocal(Date.parse('2017-08-28T20:57:59Z'), 'en', 'Asia/Tokyo')).toMatch(/^05:57:59 (GMT\+9|JST)$/)
    expect(clockLocal(Date.parse('2017-08-28T20:02:03Z'), 'ko', 'Asia/Seoul')).toMatch(/^05:02:03 /)
  })

  it('have spans short and long', () => {
    expect([0, 12_900, 187_000, 7_387_000, 266_400_000, -5].map(span)).toEqual(
      ['0 s', '12 s', '3:07', '2:03:07', '3 d 2 h', '0 s'])
  })

  it('count down to a moment, then up', () => {
    expect(countdown(272_000, 0)).toEqual({ text: '04:32', isPast: false })
    expect(countdown(272_000, 300)).toEqual({ text: '04:31', isPast: false })
    expect(countdown(0, 12_000)).toEqual({ text: '00:12', isPast: true })
    expect(countdown(3_661_000, 0).text).toBe('1:01:01')
  })

  it('differ with a sign', () => {
    expect(difference('2026-01-01T00:00:00Z', '2026-01-01T00:00:00.024Z')).toBe('+0.024 s')
    expect(difference('2026-01-01T00:00:20Z', '2026-01-01T00:00:00Z')).toBe('−20.0 s')
    expect(difference(null, '2026-01-01T00:00:00Z')).toBe('')
  })
})

describe('figures', () => {
  it('tell places to the minute, and carry it over', () => {
    expect(place(39.2011, 125.6778)).toBe('39°12′N 125°41′E')
    expect(place(-0.9999, -179.9999)).toBe('01°00′S 180°00′W')
  })

  it('keep the digits that they deserve', () => {
    expect([0.44, 9.94, 9.96, 526.6].map(km)).toEqual(['0.4', '9.9', '10', '527'])
    expect([359.7, -10, 86].map(bearing)).toEqual(['000°', '350°', '086°'])
    expect([740.2, 3431.7].map(speed)).toEqual(['740 m/s', '3.43 km/s'])
    expect([47.7, 2340].map(metres)).toEqual(['48 m', '2.3 km'])
  })

  it('never claim certainty that is not there', () => {
    expect([0.9990, 0.0004, 0.5, 1, 0].map(percent)).toEqual(['>99 %', '<1 %', '50 %', '100 %', '0 %'])
  })

  it('have words with the bounds of the standard', () => {
    expect([1, 0.95, 0.94, 0.55, 0.5, 0.44, 0.19, 0.04].map(likelihood)).toEqual(
      ['certain', 'certain', 'very_likely', 'likely', 'even', 'unlikely', 'very_unlikely', 'remote'])
  })
})

describe('the marking of the screen', () => {
  const wide: ScreenMarking = {
    audience: ['JPN', 'KOR', 'USA'], caveats: [], worlds: ['test'], statuses: ['test'], has_synthetic: false,
  }

  it('is sorted', () => expect(audienceWords(['USA', 'JPN'])).toBe('JPN-USA'))

  it('never widens', () => {
    expect(common(['JPN', 'USA'], ['JPN', 'KOR'])).toEqual(['JPN'])
    expect(common(['PUBLIC'], ['JPN'])).toEqual(['JPN'])
    expect(common(['JPN'], ['PUBLIC'])).toEqual(['JPN'])
  })

  it('takes in all that is shown besides', () => {
    const one = { audience: ['JPN'], world: 'exercise' as const, status: 'exercise:fd', synthetic: true, caveats: ['X'] }
    expect(together(wide, [one])).toEqual({
      audience: ['JPN'], caveats: ['X'], worlds: ['exercise', 'test'], statuses: ['exercise:fd', 'test'],
      has_synthetic: true,
    })
    expect(together(wide, [])).toEqual(wide)
  })
})

describe('the clock of a scenario', () => {
  it('is written with hours, and read with or without them', () => {
    expect(scenarioClock(3725.9)).toBe('1:02:05')
    expect([scenarioSeconds('90'), scenarioSeconds('1:30'), scenarioSeconds(' 1:02:05 ')]).toEqual([90, 90, 3725])
    expect([scenarioSeconds('soon'), scenarioSeconds('1:75'), scenarioSeconds('-1')]).toEqual([null, null, null])
  })
})
