import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { en } from './en.ts'
import { ja } from './ja.ts'
import { ko } from './ko.ts'
import { LABELS } from './labels.ts'

const said = (word: string | ((...given: never[]) => string)): string =>
  typeof word === 'string' ? word : (word as (...given: string[]) => string)('«1»', '«2»')

describe.each([['ko', ko], ['ja', ja]] as const)('the catalogue %s', (_name, catalogue) => {
  it('has every word, and none besides', () => {
    expect(Object.keys(catalogue).sort()).toEqual(Object.keys(en).sort())
  })

  it('leaves no word empty and keeps everything that stands in it', () => {
    for (const [key, word] of Object.entries(en)) {
      const other = said(catalogue[key as keyof typeof en])
      expect(other, key).not.toBe('')
      for (const given of said(word).match(/«\d»/g) ?? []) expect(other, key).toContain(given)
    }
  })

  it('is translated: no whole sentence in English is left', () => {
    for (const [key, word] of Object.entries(catalogue)) {
      const isForeign = /[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]/.test(said(word))
      if (!['utc', 'semi_axes', 'height_axis', 'news_stage', 'unseen', 'earliest_latest'].includes(key)) expect(isForeign, key).toBe(true)
    }
  })
})

it('has a word for everything that the warning desk calls an object', () => {
  const desk = readFileSync(new URL('../../../src/tocsin/warning/stages.py', import.meta.url), 'utf8')
  const said = [...desk.matchAll(/^[A-Z_]+ = "([^"]+)"$/gm)].map((match) => match[1] as string)
  expect(said.length).toBeGreaterThan(5)
  expect(said.filter((label) => !(label in LABELS))).toEqual([])
})
