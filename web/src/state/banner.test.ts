import { expect, it } from 'vitest'
import type { ScreenMarking, World } from '../api/shapes.ts'
import { en } from '../i18n/en.ts'
import { bannerStyle, bannerWord, exerciseOf, exercises, plates, title, worldWords } from './banner.ts'

const marking = (...worlds: World[]): ScreenMarking => ({ audience: [], caveats: [], worlds, statuses: [], has_synthetic: false })
const told = (given: ScreenMarking, isReplay: boolean): string[] => plates(given, isReplay, en).map(({ word }) => word)
const style = (given: ScreenMarking, isReplay: boolean): string => bannerStyle(plates(given, isReplay, en))

it('names every world on the screen', () => {
  expect(told(marking('test', 'actual'), false)).toEqual(['ACTUAL', 'TEST'])
  expect(told(marking(), false)).toEqual(['LIVE'])
})

it('calls a replay one, even when it shows nothing yet', () => {
  expect(told(marking(), true)).toEqual(['REPLAY', 'TEST'])
  expect(told(marking('test'), true)).toEqual(['REPLAY', 'TEST'])
})

it('uses the style of the actual for nothing but the actual', () => {
  expect(style(marking('actual'), false)).toBe('world-actual')
  expect(style(marking('exercise'), false)).toBe('world-exercise')
  expect(style(marking(), false)).toBe('world-none')
  expect(style(marking('actual'), true)).toBe('world-test')
})

it('gives each its own plate when worlds are mixed', () => {
  expect(style(marking('actual', 'exercise'), false)).toBe('world-none')
  expect(plates(marking('actual', 'exercise'), false, en).map((plate) => plate.style)).toEqual(['world-actual', 'world-exercise'])
})

it('names the exercises', () => {
  expect(exercises({ ...marking('exercise'), statuses: ['actual', 'exercise:keen-edge'] })).toEqual(['keen-edge'])
})

it('puts the world first into the title', () => {
  expect(title(plates(marking('test'), true, en), 'JPN', 'T−04:32', 0)).toBe('[REPLAY TEST] T−04:32 Tocsin JPN')
  expect(title(plates(marking(), false, en), 'JPN', '', 2)).toBe('(2) [LIVE] Tocsin JPN')
})

it('says of an exercise three times that it is one, in the banner alone and in a replay too', () => {
  const inBanner = (given: ScreenMarking, isReplay: boolean): string[] => plates(given, isReplay, en).map((plate) => bannerWord(plate, en))
  expect(inBanner(marking('exercise', 'actual'), false)).toEqual(['ACTUAL', 'EXERCISE EXERCISE EXERCISE'])
  expect(inBanner(marking('exercise'), true)).toEqual(['REPLAY', 'EXERCISE EXERCISE EXERCISE'])
  expect(inBanner(marking(), true)).toEqual(['REPLAY', 'TEST'])
  expect(inBanner(marking(), false)).toEqual(['LIVE'])
  expect(title(plates(marking('exercise'), false, en), 'JPN', '', 0)).toBe('[EXERCISE] Tocsin JPN')
})

it('knows an exercise by its status', () => {
  expect([exerciseOf('exercise:keen-edge'), exerciseOf('actual')]).toEqual(['keen-edge', ''])
})

it('calls each thing by its own world, whatever else is on the screen', () => {
  expect(worldWords('exercise:keen-edge', 'exercise', false, en)).toBe('EXERCISE keen-edge')
  expect(worldWords('test', 'test', true, en)).toBe('REPLAY TEST')
  expect(worldWords('actual', 'actual', false, en)).toBe('ACTUAL')
})
