/** The words of the view of claims in the viewer's language. */

import { words, type Language } from '../words.svelte.ts'
import { en, type ClaimCatalogue } from './en.ts'
import { ja } from './ja.ts'
import { ko } from './ko.ts'

const CATALOGUES: Record<Language, ClaimCatalogue> = { en, ko, ja }

class ClaimWords {
  get t(): ClaimCatalogue {
    return CATALOGUES[words.language]
  }

  /** A word whose key is put together, such as `credibility_` and 6; what nobody knows is told as it came. */
  of(prefix: string, value: string | number): string {
    const word = this.t[`${prefix}_${String(value).replaceAll(' ', '_')}` as keyof ClaimCatalogue]
    return typeof word === 'string' ? word : String(value)
  }
}

export const claimWords = new ClaimWords()
