/** The words of the page in the viewer's language, changed by one switch and remembered. */

import { en, type Catalogue } from './en.ts'
import { ja } from './ja.ts'
import { ko } from './ko.ts'
import { inWords } from './said.ts'

const CATALOGUES = { en, ko, ja } satisfies Record<string, Catalogue>
export type Language = keyof typeof CATALOGUES

/** Each language in its own words, with the code of its text. */
export const LANGUAGES: readonly { code: Language; name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'ko', name: '한국어' },
  { code: 'ja', name: '日本語' },
]

const KEY = 'tocsin.language'

function first(): Language {
  const wanted = [localStorage.getItem(KEY) ?? '', ...navigator.languages].map((tag) => tag.slice(0, 2))
  return (wanted.find((tag) => tag in CATALOGUES) ?? 'en') as Language
}

class Words {
  #language = $state<Language>('en')

  constructor() {
    if (typeof localStorage !== 'undefined') this.#set(first())
  }

  get language(): Language {
    return this.#language
  }

  /** The catalogue in use. */
  get t(): Catalogue {
    return CATALOGUES[this.#language]
  }

  use(language: Language): void {
    this.#set(language)
    localStorage.setItem(KEY, language)
  }

  /** A word whose key is put together, such as `stage_` and `closed`; what nobody knows is told as it came. */
  of(prefix: string, value: string): string {
    const word = this.t[`${prefix}_${value.replaceAll('.', '_')}` as keyof Catalogue]
    return typeof word === 'string' ? word : value
  }

  /** What a record says in English, in the reader's words; what a newer member writes is told as it came. */
  said(text: string): string {
    return inWords(text, this.t) ?? text
  }

  /** In which language `said` tells a text. */
  langOf(text: string): Language {
    return inWords(text, this.t) === null ? 'en' : this.#language
  }

  #set(language: Language): void {
    this.#language = language
    document.documentElement.lang = language
  }
}

export const words = new Words()
