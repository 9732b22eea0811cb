import { describe, expect, it } from 'vitest'
import type { FeedMessage } from '../api/shapes.ts'
import { BEGINNING, delayMs, step, type Place } from './resume.ts'

const records = (number: number): FeedMessage => ({ say: 'records', number, records: [] })
const hello = (epoch: string, number: number): FeedMessage => ({ say: 'hello', epoch, number, at: '' })

describe('the place in the feed', () => {
  it('asks for the picture at the beginning', () => {
    expect(step(BEGINNING, hello('a', 7))).toEqual({ do: 'ask', place: { epoch: 'a', number: 7 } })
  })

  it('goes on after the last number when the same server is back', () => {
    const place: Place = { epoch: 'a', number: 7 }
    expect(step(place, hello('a', 12))).toEqual({ do: 'pass', place })
    expect(step(place, records(8))).toEqual({ do: 'take', place: { epoch: 'a', number: 8 } })
  })

  it('asks anew when the server began anew, though its numbers may be higher', () => {
    expect(step({ epoch: 'a', number: 7 }, hello('b', 100)).do).toBe('ask')
  })

  it('asks anew when what it needs is gone', () => {
    expect(step({ epoch: 'a', number: 7 }, { say: 'gone', number: 5000 })).toEqual({
      do: 'ask',
      place: { epoch: 'a', number: 5000 },
    })
  })

  it('takes nothing twice', () => {
    const place: Place = { epoch: 'a', number: 7 }
    expect(step(place, records(7))).toEqual({ do: 'pass', place })
    expect(step(place, records(3))).toEqual({ do: 'pass', place })
  })

  it('asks anew when a number is missing: nothing may get lost', () => {
    expect(step({ epoch: 'a', number: 7 }, records(9))).toEqual({ do: 'ask', place: { epoch: 'a', number: 9 } })
  })

  it('takes what has no number whenever it comes', () => {
    const place: Place = { epoch: 'a', number: 7 }
    expect(step(place, { say: 'tracks', at: '', tracks: [], plots: 0 })).toEqual({ do: 'take', place })
  })
})

describe('attempts to connect', () => {
  it('come at once, then ever slower, never slower than some seconds', () => {
    expect(delayMs(0, 0.5)).toBe(0)
    expect(delayMs(1, 0.5)).toBe(250)
    expect(delayMs(3, 0.5)).toBe(1000)
    expect(delayMs(50, 1)).toBe(6250)
  })
})
