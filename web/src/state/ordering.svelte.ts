/** One thing that a person asks for: whether it is under way, and what came of it in words. */

import { words } from '../i18n/words.svelte.ts'
import { inWords } from './problems.ts'

export class Ordering {
  isBusy = $state(false)
  isProblem = $state(false)
  message = $state('')

  /** Do it, and tell what came of it; false: it did not work. */
  async do(work: () => Promise<unknown>): Promise<boolean> {
    this.isBusy = true
    try {
      await work()
      this.isProblem = false
      this.message = words.t.remark_sent
    } catch (error) {
      this.refuse(inWords(error, words.t))
    } finally {
      this.isBusy = false
    }
    return !this.isProblem
  }

  /** Tell that something is wrong before it is asked for. */
  refuse(message: string): void {
    this.isProblem = true
    this.message = message
  }
}
