import { describe, expect, it } from 'vitest'
import { ServerClock } from './clock.ts'

describe('the clock of the server', () => {
  it('is this machine’s as long as nothing is known', () => expect(new ServerClock('live').now(5)).toBe(5))

  it('goes by what came with the least delay', () => {
    const clock = new ServerClock('live')
    for (const delay of [80, 3, 400]) clock.hear(100_000 + delay, 40_000 + delay + delay)
    expect(clock.now(50_000)).toBe(50_000 + 60_000 - 3)
  })

  it('runs at the pace of a replay, and not on for ever', () => {
    const clock = new ServerClock('replay')
    for (let s = 0; s < 4; s += 1) clock.hear(s * 20_000, s * 1000)
    expect(clock.pace()).toBe(20)
    expect(clock.now(3500)).toBe(70_000)
    expect(clock.now(3_000_000)).toBe(60_000 + 60_000 * 20)
  })

  it('begins anew when a replay does', () => {
    const clock = new ServerClock('replay')
    clock.hear(0, 0)
    clock.hear(20_000, 1000)
    clock.hear(1000, 2000)
    expect(clock.now(2500)).toBe(1000)
  })

  it('is not led astray by what is no time', () => {
    const clock = new ServerClock('live')
    clock.hear(Number.NaN, 3)
    expect(clock.now(7)).toBe(7)
  })
})
