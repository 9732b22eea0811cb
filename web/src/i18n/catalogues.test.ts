import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { en as claimsEn } from './claims/en.ts'
import { ja as claimsJa } from './claims/ja.ts'
import { ko as claimsKo } from './claims/ko.ts'
import { en } from './en.ts'
import { ja } from './ja.ts'
import { ko } from './ko.ts'
import { inWords } from './said.ts'

const said = (word: string | ((...given: never[]) => string)): string =>
  typeof word === 'string' ? word : (word as (...given: string[]) => string)('«1»', '«2»')

type Words = Record<string, string | ((...given: never[]) => string)>

const CATALOGUES: [string, Words, Words][] = [
  ['ko', ko, en], ['ja', ja, en], ['ko of claims', claimsKo, claimsEn], ['ja of claims', claimsJa, claimsEn],
]

describe.each(CATALOGUES)('the catalogue %s', (_name, catalogue, en) => {
  it('has every word, and none besides', () => {
    expect(Object.keys(catalogue).sort()).toEqual(Object.keys(en).sort())
  })

  it('leaves no word empty and keeps everything that stands in it', () => {
    for (const [key, word] of Object.entries(en)) {
      const other = said(catalogue[key] ?? '')
      expect(other, key).not.toBe('')
      for (const given of said(word).match(/«\d»/g) ?? []) expect(other, key).toContain(given)
    }
  })

  it('is translated: no whole sentence in English is left', () => {
    for (const [key, word] of Object.entries(catalogue)) {
      const isForeign = /[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]/.test(said(word))
      if (!['utc', 'semi_axes', 'height_axis', 'news_stage', 'unseen', 'earliest_latest', 'drill_of'].includes(key)) expect(isForeign, key).toBe(true)
    }
  })
})

const python = (path: string): string => readFileSync(new URL(`../../../src/tocsin/${path}.py`, import.meta.url), 'utf8')
const source = (name: string): string => python(`warning/${name}`)

describe('what records say', () => {
  const found = (name: string, form: RegExp): string[] => [...source(name).matchAll(form)].map((match) => match[1] as string)

  it('is translated: everything that the warning desk calls an object', () => {
    const labels = found('stages', /^[A-Z_]+ = "([^"]+)"$/gm)
    expect(labels.length).toBeGreaterThan(5)
    expect(labels.filter((label) => inWords(label, ja) === null)).toEqual([])
  })

  it('is translated: every finding', () => {
    const findings = [
      ...found('classification', /Finding\(\s*"([^"]+)"/g), ...found('announced', /Finding\(\s*"([^"]+)"/g),
      ...found('classification', /_either\("([^"]+)"/g).flatMap((what) => [what, `${what} beyond aircraft`]),
      ...found('classification', /"(perigee [^"]+)"/g), ...found('classification', /"(plots (?:do not )?fit [^"]+)"/g),
      'plots in turn, one sensor', 'plots in turn, 3 sensors',
    ]
    expect(findings.length).toBeGreaterThan(14)
    expect(findings.filter((what) => inWords(what, ko) === null)).toEqual([])
  })

  it('is translated: why something has its grade', () => {
    expect(inWords('sensors of JPN and KOR agree, 3 plots each', en)).toBe('sensors of JPN and KOR agree, 3 plots each')
    expect(inWords("one member's sensors alone, or too few; lacks motion like a launch's; 8 plots, has 3", ja)).toBe(
      '一国のセンサーのみ、または不足；不足：発射らしい動き; プロット 8 必要、現在 3',
    )
    expect(inWords("confirmed by the longer rule: 12 plots, motion like a launch's, P(ballistic) 0.93", ko)).toContain('0.93')
  })

  it('is told as it came if it is new', () => {
    expect(inWords('toString', en)).toBeNull()
    expect(inWords('a word of tomorrow', en)).toBeNull()
  })
})

describe('what holds a message to the public', () => {
  it('is said in words, and what to do about it, for every guard', () => {
    const table = python('alerts/guards').split('GUARDS: Mapping')[1] ?? ''
    const guards = [...table.matchAll(/^ {4}"(\w+)": /gm)].map((match) => match[1] as string)
    expect(guards.length).toBeGreaterThan(15)
    for (const sort of ['guard', 'todo']) {
      const said = Object.keys(en).filter((key) => key.startsWith(`${sort}_`)).map((key) => key.slice(sort.length + 1))
      expect(said.sort()).toEqual([...guards].sort())
    }
  })
})
