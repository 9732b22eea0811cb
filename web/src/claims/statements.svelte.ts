/** The joint statements of the world that is looked at: which one, in which language, beside which earlier text. */

import type { Paragraph, ParagraphDifference, Remark, Round, Standing, StatementTold } from '../api/consult_shapes.ts'
import * as api from '../api/consulting.ts'
import { isAnswered } from '../api/server.ts'
import { floor } from '../state/floor.svelte.ts'
import { ledger } from './ledger.svelte.ts'

const ROOM = 'consult.'
const AFTER_MS = 300
const RETRY_MS = 3000

export const nameOf = ({ drafter, id }: Standing): string => `${drafter}/${id}`

/** What stands at a paragraph: brackets, reservations asked for, and comments on the text that is shown. */
export function remarksAt(standing: Standing, paragraph: string): Remark[] {
  return [...standing.brackets, ...standing.reservations, ...standing.comments].filter((each) => each.paragraph === paragraph)
}

class Statements {
  list = $state.raw<readonly StatementTold[]>([])
  isAsked = $state(false)
  #name = $state('')
  #language = $state('')
  /** The round that the text is laid beside; 0: none. */
  before = $state(0)
  #shown = $state.raw<{ digest: string; differences: readonly ParagraphDifference[] }>({ digest: '', differences: [] })
  error = $state.raw<unknown>(null)
  selected = $derived(this.list.find(({ standing }) => nameOf(standing) === this.#name) ?? this.list[0] ?? null)
  round = $derived<Round | null>(this.selected?.standing.rounds[this.selected.standing.current] ?? null)
  /** Of no other text than the one that is selected. */
  differences = $derived(this.#shown.digest === this.round?.digest ? this.#shown.differences : [])
  languages = $derived(this.round?.statement?.languages.map(({ tag }) => tag) ?? [])
  language = $derived(this.languages.includes(this.#language) ? this.#language : (this.languages[0] ?? ''))
  paragraphs = $derived<readonly Paragraph[]>(this.round?.statement?.paragraphs ?? [])
  newest = $derived(floor.records.find(({ kind }) => kind.startsWith(ROOM))?.order ?? 0)
  #timer: ReturnType<typeof setTimeout> | undefined
  #asked = 0

  select(name: string): void {
    this.#name = name
    this.before = 0
    this.ask(0)
  }

  use(language: string): void {
    this.#language = language
    this.ask(0)
  }

  beside(round: number): void {
    this.before = round
    this.ask(0)
  }

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
      const list = await api.statements(ledger.status || 'actual')
      if (number !== this.#asked) return
      ;[this.list, this.isAsked, this.error] = [list, true, null]
      const [standing, round] = [this.selected?.standing, this.round]
      if (!standing || !round?.statement) return
      if (!standing.rounds.some((each) => each.number === this.before && each.number < round.number)) this.before = 0
      const differences = await api.statementDifferences(standing, this.language, round.number, this.before || round.number)
      if (number === this.#asked) this.#shown = { digest: round.digest, differences }
    } catch (error) {
      if (number !== this.#asked) return
      this.error = error
      if (!isAnswered(error)) this.ask(RETRY_MS)
    }
  }
}

export const statements = new Statements()
