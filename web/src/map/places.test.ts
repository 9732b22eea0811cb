import { expect, it } from 'vitest'
import { en } from '../i18n/en.ts'
import { ko } from '../i18n/ko.ts'
import { namedPlaces } from './places.ts'

const texts = (naming: Record<string, string>, t = en, language = 'en'): string[] =>
  namedPlaces(naming, t, language).map(({ text }) => text)

it('names nothing that the member does not say how', () => {
  expect(texts({})).toEqual([])
  expect(texts({ east_sea: 'none', somewhere: 'both', yellow_sea: 'no such word' })).toEqual([])
})

it("uses the member's word, in the reader's language", () => {
  expect(texts({ east_sea: 'east_sea' })).toEqual(['East Sea'])
  expect(texts({ east_sea: 'sea_of_japan', liancourt_rocks: 'dokdo' }, ko, 'ko')).toEqual(['일본해', '독도'])
})

it('puts two names in the order of the alphabet, so that neither is first by choice', () => {
  expect(texts({ east_sea: 'both', liancourt_rocks: 'both' })).toEqual(['East Sea / Sea of Japan', 'Dokdo / Takeshima'])
})
