import { describe, expect, it } from 'vitest'
import type { Alone, Assessment, EventItem, RecordItem, Sensor } from '../api/shapes.ts'
import { agreement, answers, areaName, atRisk, byUrgency, classes, contributors, gain, inOrder, joined, leading, merged, nextOver, objections, sensorsKnown } from './reading.ts'

const assessment = (given: Partial<Assessment>): Assessment => ({ areas: [], sensors: [], originator: 'JPN', ...given }) as Assessment
const event = (given: Partial<EventItem>): EventItem => ({ members: {}, leading: 'JPN', is_closed: false, opened_at: '', ...given }) as EventItem

describe('an event', () => {
  it('puts the leading assessment first', () => {
    const one = event({ leading: 'KOR', members: { JPN: assessment({}), KOR: assessment({ originator: 'KOR' }), USA: assessment({ originator: 'USA' }) } })
    expect(inOrder(one).map((each) => each.originator)).toEqual(['KOR', 'JPN', 'USA'])
    expect(leading(one)?.originator).toBe('KOR')
    expect(leading(event({}))).toBeNull()
  })

  it('that is open comes before those that are closed, the newest first', () => {
    const events = [event({ event_id: 'a', opened_at: '1', is_closed: true }), event({ event_id: 'b', opened_at: '0' }), event({ event_id: 'c', opened_at: '2' })]
    expect(byUrgency(events).map((each) => each.event_id)).toEqual(['c', 'b', 'a'])
  })
})

it('says who agrees on the impact, who differs, and who tells none', () => {
  const impact = (lat_deg: number, at: string): Assessment['impact'] => ({ lat_deg, lon_deg: 157, at }) as Assessment['impact']
  const at = '2026-01-01T00:00:00Z'
  const members = {
    JPN: assessment({ impact: impact(42, at) }),
    KOR: assessment({ originator: 'KOR', impact: impact(42.005, '2026-01-01T00:00:01.5Z') }),
    USA: assessment({ originator: 'USA', impact: impact(42.02, at) }),
    AUS: assessment({ originator: 'AUS', impact: null }),
  }
  expect(agreement(event({ members }))).toEqual({ agree: ['KOR'], differ: ['USA'], silent: ['AUS'] })
  expect(agreement(event({}))).toEqual({ agree: [], differ: [], silent: [] })
})

it('puts what is actual before drills, and tells who objects', () => {
  const drill = event({ event_id: 'd', world: 'exercise', opened_at: '9' })
  const real = event({ event_id: 'r', world: 'actual', opened_at: '1' })
  expect(byUrgency([drill, real]).map((each) => each.event_id)).toEqual(['r', 'd'])
  const remarks = ['concur', 'dispute', 'false_alarm'].map((act) => ({ act })) as EventItem['remarks']
  expect(objections(event({ remarks })).map(({ act }) => act)).toEqual(['dispute', 'false_alarm'])
})

describe('an assessment', () => {
  it('tells areas at risk, with or without their probabilities', () => {
    const told = assessment({ areas: ['JP-01', 'JP-02'], at_risk: [{ area: 'JP-02', probability: 0.3 }, { area: 'JP-03', probability: 0.6 }] })
    expect(atRisk(told).map(({ area }) => area)).toEqual(['JP-03', 'JP-02', 'JP-01'])
    expect(atRisk(assessment({ areas: ['JP-01'] }))).toEqual([{ area: 'JP-01' }])
  })

  it('tells what it may be, the likeliest first', () => {
    const [a, b, c] = [{ name: 'a', probability: 0.2 }, { name: 'b', probability: 0.8 }, { name: 'c', probability: 0.0001 }]
    expect(classes(assessment({ classes: [a, b, c] }))).toEqual([b, a])
    expect(classes(assessment({}))).toEqual([])
  })

  it('tells sensors by member', () => {
    expect(contributors(assessment({ sensors: ['KOR:a', 'JPN:b', 'KOR:c', 'odd'] }))).toEqual(
      [['', ['odd']], ['JPN', ['b']], ['KOR', ['a', 'c']]])
  })
})

it('names an area in the reader’s language if that is its own', () => {
  const area = { id: 'JP-01', member: 'JPN', name_en: 'Hokkaido', name_local: '北海道', part_of: null }
  expect(areaName(area, 'ja')).toEqual({ text: '北海道', lang: 'ja' })
  expect(areaName(area, 'ko')).toEqual({ text: 'Hokkaido', lang: 'en' })
})

it('keeps each record once, the newest first, and not too many', () => {
  const records = [3, 1, 2, 3].map((order) => ({ order }) as RecordItem)
  expect(merged(records.slice(0, 2), records.slice(2), 2).map(({ order }) => order)).toEqual([3, 2])
})

describe('what sharing gives', () => {
  const together = (axes: [number, number] | null, useful_at: string | null): Assessment =>
    ({ impact: axes && { ellipse_95_km: axes }, useful_at }) as unknown as Assessment
  const alone = (axes: [number, number] | null, useful_at: string | null): Alone =>
    ({ ellipse_95_km: axes, useful_at }) as unknown as Alone

  it('is time once both had a useful area', () => {
    expect(gain(alone([5, 5], '2026-03-01T06:01:00Z'), together([2, 2], '2026-03-01T06:00:20Z'))).toEqual({ sort: 'sooner', s: 40 })
  })

  it('is area before, and all of it if there is none alone', () => {
    expect(gain(alone([40, 20], null), together([20, 10], null))).toEqual({ sort: 'smaller', times: 4 })
    expect(gain(null, together([20, 10], null))).toEqual({ sort: 'only_together' })
    expect(gain(alone([40, 20], null), together(null, null))).toBeNull()
  })
})

it('knows of sensors at an earlier time only what was told by then', () => {
  const sensor = (sensor_id: string, first: string | null, coverage: object | null): Sensor =>
    ({ sensor_id, first_admitted_at: first, coverage, plots: 4, last_observed_at: first, reach_km: [500] }) as unknown as Sensor
  const all = [sensor('own', null, {}), sensor('early', '2026-03-01T06:00:00Z', null), sensor('late', '2026-03-01T06:05:00Z', null)]
  expect(sensorsKnown(all, null)).toBe(all)
  const then = sensorsKnown(all, '2026-03-01T06:01:00.000Z')
  expect(then.map(({ sensor_id }) => sensor_id)).toEqual(['own', 'early'])
  expect(then.map(({ plots, reach_km }) => [plots, reach_km])).toEqual([[0, []], [0, []]])
})

it('says out of what an impact was foretold', () => {
  const sensors = ['JPN:a', 'KOR:b']
  expect(joined(assessment({ sensors }))).toEqual({ method: '', plotsOf: ['JPN', 'KOR'], tracksOf: [] })
  const track = { member: 'USA', record: 'T-1', weight: 0.4, detections: 9 }
  const own = { member: 'JPN', weight: 0.6, detections: 12 }
  const method = 'covariance_intersection'
  expect(joined(assessment({ sensors, method, contributors: [own, track] }))).toEqual({ method, plotsOf: ['JPN', 'KOR'], tracksOf: [{ member: 'USA', weight: 0.4 }] })
  expect(joined(assessment({ sensors: [], method: 'peer_track', contributors: [track] })).plotsOf).toEqual([])
})

it('tells who has answered, and what is flown over next', () => {
  const remarks = [{ act: 'seen', originator: 'JPN' }, { act: 'concur', originator: 'KOR' }, { act: 'acknowledge', originator: 'JPN' }]
  expect(answers(event({ remarks: remarks as EventItem['remarks'] }), 'JPN').map(({ act }) => act)).toEqual(['acknowledge'])
  const over = (area: string, passes_at: string) => ({ area, passes_at, altitude_m: 5e5 })
  const flown = assessment({ overflown: [over('c', '2026-01-01T00:02:00Z'), over('a', '2026-01-01T00:00:00Z'), over('b', '2026-01-01T00:01:00Z')] })
  expect(nextOver(flown, Date.parse('2026-01-01T00:00:30Z'))?.area).toBe('b')
  expect(nextOver(flown, Date.parse('2026-01-01T00:03:00Z'))).toBeNull()
})
