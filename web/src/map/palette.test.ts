import { expect, it } from 'vitest'
import { faded, memberLook } from './palette.ts'

it('fades colours long and short: the build shortens what it can', () => {
  expect(faded('#5cabff', 0.5)).toBe('rgba(92,171,255,0.5)')
  expect(faded('#fff', 1)).toBe('rgba(255,255,255,1)')
})

it('gives each member a shape of its own, the same wherever it is shown', () => {
  const members = ['JPN', 'KOR', 'USA']
  expect(members.map((member) => memberLook(member, members).corners)).toEqual([0, 4, 3])
  expect(memberLook('???', members).index).toBe(0)
})
