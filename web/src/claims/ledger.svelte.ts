/** The state of the view of claims: which status, which moment, which claim; asked anew when the feed tells of claims. */

import { untrack } from 'svelte'
import * as api from '../api/claims.ts'
import type { Board, ClaimLine, ClaimPage, ClaimWhole, MovementTold, RecordRef } from '../api/claim_shapes.ts'
import type { Marked } from '../format/marking.ts'
import { isAnswered } from '../api/server.ts'
import { floor } from '../state/floor.svelte.ts'
import { keyOf, markedOfBoard, markedOfLines, markedOfMovement, markedOfWhole, refOf } from './reading.ts'

export type Pane = 'list' | 'board' | 'timeline' | 'map' | 'statements'

/** What the ledger and the statuses that are told of come from. */
const ROOMS = ['claims.', 'cargo.', 'consult.']
const AFTER_MS = 400
const RETRY_MS = 3000

class Ledger {
  status = $state('')
  topic = $state<string | null>(null)
  words = $state('')
  pane = $state<Pane>('list')
  page = $state.raw<ClaimPage | null>(null)
  boards = $state.raw<readonly Board[]>([])
  whole = $state.raw<ClaimWhole | null>(null)
  #wanted = $state.raw<RecordRef | null>(null)
  error = $state.raw<unknown>(null)

  claims = $derived<readonly ClaimLine[]>(this.page?.claims ?? [])
  movements = $derived<readonly MovementTold[]>(this.page?.movements ?? [])
  /** The moment that is looked at; null: now. */
  asOf = $derived(floor.ledgerAsOf)
  selectedKey = $derived(this.#wanted && keyOf(this.#wanted))
  /** The order of the newest record of these rooms that the feed told of. */
  newest = $derived(floor.records.find(({ kind }) => ROOMS.some((room) => kind.startsWith(room)))?.order ?? 0)
  #timer: ReturnType<typeof setTimeout> | undefined
  #asked = 0

  #question(): api.Asked {
    return { status: this.status, topic: this.topic, words: this.words.trim(), as_of: this.asOf }
  }

  select(ref: RecordRef): void {
    this.#wanted = ref
    this.ask(0)
  }

  /** Look at the ledger as it was known then; null: now. */
  lookAt(moment: string | null): void {
    floor.ledgerAsOf = moment
  }

  /** Ask for everything that is shown, once for all that changes within a moment. */
  ask(afterMs = AFTER_MS): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#load(), afterMs)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#asked += 1
  }

  async #load(): Promise<void> {
    const number = ++this.#asked
    try {
      if (!this.status) this.status = 'actual'
      let page = await api.claimPage(this.#question())
      if (!page.statuses.includes(page.status) && page.statuses[0] && !page.as_of) {
        this.status = page.statuses[0] // there is nothing of the one that was asked for
        page = await api.claimPage(this.#question())
      }
      const question = this.#question()
      const wanted = this.#wanted ?? (page.claims[0] ? refOf(page.claims[0]) : null)
      const [boards, whole] = await Promise.all([api.boards(question), wanted ? api.wholeClaim(wanted, question) : null])
      if (number !== this.#asked) return
      ;[this.page, this.boards, this.whole, this.error] = [page, boards, whole, null]
    } catch (error) {
      if (number !== this.#asked) return
      this.error = error
      if (!isAnswered(error)) this.ask(RETRY_MS)
    }
  }

  /**
   * Tell the floor what is on the screen, for its marking.
   *
   * @param instead What stands there in place of claims.
   */
  mark(instead: readonly Marked[] | null): void {
    const shown = instead ?? [
      ...markedOfLines(this.claims), ...(this.pane === 'board' ? this.boards.flatMap(markedOfBoard) : []),
      ...(this.pane === 'map' ? this.movements.flatMap(markedOfMovement) : []), ...(this.whole ? markedOfWhole(this.whole) : []),
    ]
    untrack(() => floor.showBesides('claims', shown))
  }
}

export const ledger = new Ledger()
