import { describe, expect, it } from 'vitest'
import type { ClaimBody, ClaimLine, MovementTold } from '../api/claim_shapes.ts'
import { together } from '../format/marking.ts'
import { movementsOf, nextOf } from './movements.ts'
import { days, figure, happened, inTime, keyOf, markedOfLines, refOf } from './reading.ts'
import { extentOf, ticks, timeRows } from './timeline.ts'

const none = { reports: 0, origins: 0, unknown: 0 }

function line(id: string, claim: Partial<ClaimBody> = {}, more: Partial<ClaimLine> = {}): ClaimLine {
  return {
    originator: 'USA', record_id: id, audience: ['JPN', 'USA'], caveats: [], status: 'actual', world: 'actual', synthetic: false,
    issued_at: '2026-01-01T00:00:00Z', admitted_at: '2026-01-01T00:00:00Z', support: none, contradiction: none, denials: [],
    counts_audience: ['JPN', 'USA'], claim: { proposition: id, speaker: 'RUSI', ...claim }, ...more,
  }
}

const denied = (by: string, saidAt?: string): ClaimLine['denials'][number] => ({
  ...line(by, {}, { audience: ['USA'] }), claim: { proposition: 'no', speaker: by, ...(saidAt ? { said_at: saidAt } : {}) },
  link: line('link', {}, { audience: ['USA'] }), scope: 'whole', reason: '', is_reported: false,
})

const RAJIN = { name: 'Rajin', lat_deg: 42.23, lon_deg: 130.3, within_km: 2 }
const DUNAI = { name: 'Dunai', lat_deg: 42.88, lon_deg: 132.35 }

describe('when', () => {
  it('is when it happened, else when it was said, else not known', () => {
    const given = { since: '2023-09-08T00:00:00Z', until: '2023-09-12T00:00:00Z', said_at: '2023-10-13T00:00:00Z' }
    expect(happened({ proposition: '', speaker: '', ...given })?.isSaid).toBe(false)
    expect(happened({ proposition: '', speaker: '', said_at: given.said_at })).toMatchObject({ isSaid: true })
    expect(happened({ proposition: '', speaker: '' })).toBeNull()
  })

  it('orders claims, and puts those without a time last', () => {
    const lines = [line('none'), line('late', { until: '2024-01-01T00:00:00Z' }), line('early', { since: '2023-01-01T00:00:00Z' })]
    expect(inTime(lines).map(({ record_id: id }) => id)).toEqual(['early', 'late', 'none'])
  })

  it('draws what happened, what was said and what was denied, all within the line', () => {
    const rows = timeRows([
      line('a', { since: '2023-09-08T00:00:00Z', until: '2023-09-12T00:00:00Z', said_at: '2023-10-13T00:00:00Z' }, {
        denials: [denied('Russia', '2023-10-15T00:00:00Z'), denied('nobody knows when')],
      }),
      line('b'),
    ])
    expect(rows[0]?.denials).toHaveLength(1)
    expect(rows[1]?.span).toBeNull()
    const [from, to] = extentOf(rows) as [number, number]
    expect(from).toBeLessThan(Date.parse('2023-09-08T00:00:00Z'))
    expect(to).toBeGreaterThan(Date.parse('2023-10-15T00:00:00Z'))
    expect(extentOf(timeRows([line('b')]))).toBeNull()
  })

  it.each([
    ['2023-10-01', '2023-10-12'], ['2022-11-01', '2023-12-30'], ['2020-02-01', '2026-05-01'], ['1950-01-01', '2026-01-01'],
  ])('is written few times and in rising order from %s to %s', (first, last) => {
    const extent = [Date.parse(first), Date.parse(last)] as const
    const found = ticks(extent)
    expect(found.length).toBeGreaterThan(1)
    expect(found.length).toBeLessThan(13)
    expect(new Set(found.map(({ text }) => text)).size).toBe(found.length)
    for (const { ms } of found) expect(ms >= extent[0] && ms <= extent[1]).toBe(true)
  })
})

describe('days', () => {
  it.each([
    ['2023-09-08', '2023-09-12', '2023-09-08 – 2023-09-12'], ['2023-09-08', '2023-09-08', '2023-09-08'],
    [undefined, '2023-09-12', '… – 2023-09-12'], [undefined, undefined, ''],
  ])('from %s to %s', (since, until, said) => {
    expect(days({ ...(since ? { since } : {}), ...(until ? { until } : {}) })).toBe(said)
  })
})

describe('a figure', () => {
  it.each([
    [{ least: 1000 }, '≥ 1,000'], [{ most: 20 }, '≤ 20'], [{ least: 5, most: 5 }, '5'], [{ least: 20, most: 25, is_about: true }, '≈ 20–25'],
  ])('%j is told as it was stated', (given, told) => {
    expect(figure({ unit: 'containers', ...given }, 'en')).toBe(told)
  })
})

describe('movements', () => {
  const one = line('1', { places: [RAJIN, DUNAI] })
  const two = line('2', { places: [RAJIN, DUNAI] }, { denials: [denied('Russia')] })
  const told = (legs: MovementTold['movement']['legs'], claims: string[] = []): MovementTold => ({
    ...line('m'), vessels: [], denials: [], movement: { title: 'm', ...(legs ? { legs } : {}) },
    claims: claims.map((record) => ({ originator: 'USA', record })),
  })

  it('that name the same places in the same order are one, and worlds stay apart', () => {
    const found = movementsOf([
      one, two, line('3', { places: [DUNAI, RAJIN] }), line('4', { places: [RAJIN] }), line('5', { places: [{ name: 'somewhere' }] }),
      line('6', { places: [RAJIN, DUNAI] }, { status: 'exercise:x', world: 'exercise' }),
    ], [])
    expect(found.map(({ claims }) => claims.map(({ record_id: id }) => id))).toEqual([['3'], ['4'], ['6'], ['1', '2']])
    expect(found.map(({ isDenied }) => isDenied)).toEqual([false, false, false, true])
  })

  it('are looked at one claim after the other', () => {
    const [movement] = movementsOf([one, two], [])
    if (!movement) throw new Error('there is one')
    expect(nextOf(movement, null)?.record_id).toBe('1')
    expect(nextOf(movement, keyOf(refOf(one)))?.record_id).toBe('2')
    expect(nextOf(movement, keyOf(refOf(two)))?.record_id).toBe('1')
  })

  it('that are told leg by leg draw their claims, each basis for itself', () => {
    const found = movementsOf([one, two], [
      told([{ basis: 'seen', origin: RAJIN, destination: DUNAI }, { basis: 'inferred', origin: DUNAI }, { basis: 'seen', origin: { name: 'x' } }], ['1']),
    ])
    expect(found.map(({ basis, claims }) => [basis, claims.map(({ record_id: id }) => id)])).toEqual([
      ['seen', ['1']], ['inferred', ['1']], [null, ['2']],
    ])
  })
})

describe('the marking of a list', () => {
  const nothing = { audience: ['PUBLIC'], caveats: [], worlds: [], statuses: [], has_synthetic: false }

  it('counts denials, and what is counted', () => {
    expect(together(nothing, markedOfLines([line('1')])).audience).toEqual(['JPN', 'USA'])
    expect(together(nothing, markedOfLines([line('1', {}, { counts_audience: ['JPN'] })])).audience).toEqual(['JPN'])
    expect(together(nothing, markedOfLines([line('1', {}, { denials: [denied('x')] })])).audience).toEqual(['USA'])
  })
})
