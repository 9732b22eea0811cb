import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FeedMessage } from '../api/shapes.ts'
import { Feed, SILENCE_MS, type FeedListener, type Socket } from './feed.ts'

/** A socket whose other end is the test. */
class Wire implements Socket {
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  sent: string[] = []
  isClosed = false
  constructor(readonly since: number, readonly epoch: string) {}
  send(data: string): void {
    this.sent.push(data)
  }
  close(): void {
    this.isClosed = true
  }
  hear(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
}

describe('the feed', () => {
  let wires: Wire[]
  let taken: FeedMessage[]
  let told: string[]
  let feed: Feed
  const last = (): Wire => wires[wires.length - 1] as Wire

  beforeEach(() => {
    vi.useFakeTimers()
    ;[wires, taken, told] = [[], [], []]
    const listener: FeedListener = {
      take: (message) => taken.push(message),
      anew: (number) => told.push(`anew ${number}`),
      connected: (is) => told.push(is ? 'up' : 'down'),
      signedOut: () => told.push('signed out'),
    }
    feed = new Feed((since, epoch) => {
      wires.push(new Wire(since, epoch))
      return last()
    }, listener)
    feed.start()
    last().onopen?.()
    last().hear({ say: 'hello', epoch: 'a', number: 3, at: '' })
  })
  afterEach(() => {
    feed.stop()
    vi.useRealTimers()
  })

  it('resumes after a cut from the last number, and takes nothing twice', () => {
    last().hear({ say: 'records', number: 4, records: [] })
    last().onclose?.({ code: 1006 })
    vi.advanceTimersByTime(1000)
    expect(wires).toHaveLength(2)
    expect([last().since, last().epoch]).toEqual([4, 'a'])
    last().onopen?.()
    last().hear({ say: 'hello', epoch: 'a', number: 6, at: '' })
    for (const number of [4, 5, 6]) last().hear({ say: 'records', number, records: [] })
    expect(taken.filter((each) => each.say === 'records').map((each) => each.number)).toEqual([4, 5, 6])
    expect(told).toEqual(['up', 'anew 3', 'down', 'up'])
  })

  it('gives a connection up that has gone silent', () => {
    vi.advanceTimersByTime(SILENCE_MS + 4000)
    expect(wires[0]?.isClosed).toBe(true)
    expect(told).toContain('down')
    expect(wires.length).toBeGreaterThan(1)
  })

  it('tries no more when it is signed out', () => {
    last().onclose?.({ code: 4401 })
    vi.advanceTimersByTime(60_000)
    expect(wires).toHaveLength(1)
    expect(told).toContain('signed out')
  })

  it('passes over what it does not understand', () => {
    last().onmessage?.({ data: 'no JSON' })
    last().hear({ say: 'something of next year' })
    expect(told).toEqual(['up', 'anew 3'])
  })
})
