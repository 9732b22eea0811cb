import { expect, it } from 'vitest'
import { linear, spread, ticks } from './scale.ts'

it('maps values to pixels, also upside down', () => {
  const y = linear([0, 10], [100, 0])
  expect([0, 5, 10].map(y)).toEqual([100, 50, 0])
  expect(linear([3, 3], [0, 10])(3)).toBe(0)
})

it('ticks at round values', () => {
  expect(ticks(2700)).toEqual([0, 1000, 2000])
  expect(ticks(0.7)).toEqual([0, 0.2, 0.4, 0.6])
  expect(ticks(0)).toEqual([0])
  expect(ticks(Number.NaN)).toEqual([0])
})

it('spreads labels so that none lies over another', () => {
  expect(spread([10, 100], [20, 20], [0, 200])).toEqual([10, 100])
  expect(spread([10, 12], [20, 20], [0, 200])).toEqual([10, 36])
  expect(spread([5], [20], [0, 200])).toEqual([10])
  expect(spread([190, 198], [20, 20], [0, 200])).toEqual([164, 190])
})
