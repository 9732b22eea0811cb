/** The exercises that this page knows of, and the one that is looked at; asked for anew whenever a record of one comes. */

import { untrack } from 'svelte'
import type { Board, ExerciseOrder, Standing } from '../api/exercise_shapes.ts'
import { floor } from './floor.svelte.ts'
import { clockOf, openOf, unreadOf } from './drilling.ts'

const RETRY_MS = 2000

class Drills {
  list = $state.raw<readonly Standing[]>([])
  #boards = $state.raw<ReadonlyMap<string, Board>>(new Map())
  #wanted = $state<string | null>(null)
  /** Decisions that wait for somebody who is signed in here, of all that run. */
  asked = $derived(
    [...this.#boards.values()].flatMap((board) =>
      openOf(board, floor.session?.member ?? '', floor.session?.user?.roles ?? []).map((each) => ({ board, asked: each })),
    ),
  )
  /** When the newest message came that somebody had on the screen here, by exercise. */
  #readAt = $state.raw<ReadonlyMap<string, string>>(new Map())
  /** Messages of others that nobody has looked at since this page was opened, of all that run; the newest first. */
  unread = $derived(
    [...this.#boards.values()]
      .flatMap((board) => unreadOf(board, this.#readAt.get(board.exercise.id) ?? '', floor.session?.member ?? '').map((message) => ({ board, message })))
      .sort((a, b) => b.message.at.localeCompare(a.message.at)),
  )
  /** The one that is chosen; else the first that is not over. */
  shown = $derived(this.list.find(({ id }) => id === this.#wanted) ?? this.list.find(({ state }) => state !== 'over') ?? null)
  board = $derived(this.shown ? (this.#boards.get(this.shown.id) ?? null) : null)
  #isAsking = false
  #isDue = false

  select(id: string): void {
    this.#wanted = id
    void this.load()
  }

  /** Its messages have been on the screen. */
  read({ exercise, messages }: Board): void {
    const newest = messages.at(-1)?.at ?? ''
    if (newest > (untrack(() => this.#readAt).get(exercise.id) ?? '')) this.#readAt = new Map([...untrack(() => this.#readAt), [exercise.id, newest]])
  }

  /** Stay with one, whatever else begins. */
  keep(id: string): void {
    if (untrack(() => this.#wanted) !== id) this.#wanted = id
  }

  /** Forget all: whoever signs in next may know less. */
  clear(): void {
    this.list = []
    this.#boards = new Map()
    this.#wanted = null
    this.#readAt = new Map()
  }

  /** Where the scenario's clock of an exercise stands now, in seconds. */
  atS(exercise: Standing): number {
    return clockOf(exercise, floor.nowMs)
  }

  /** Ask anew; what comes while it is asked is asked for once more. */
  async load(): Promise<void> {
    this.#isDue = true
    if (this.#isAsking) return
    this.#isAsking = true
    try {
      while (this.#isDue) {
        this.#isDue = false
        this.list = await floor.server.exercises()
        const looked = this.list.filter(({ id, state }) => state !== 'over' || id === this.shown?.id)
        const boards = await Promise.all(looked.map(({ id }) => floor.server.exercise(id)))
        this.#boards = new Map(boards.map((board) => [board.exercise.id, board]))
      }
    } catch {
      setTimeout(() => floor.session?.user && void this.load(), RETRY_MS)
    } finally {
      this.#isAsking = false
    }
  }

  order(exercise: Standing, order: ExerciseOrder): Promise<void> {
    return floor.server.orderExercise(exercise.id, order)
  }
}

export const drills = new Drills()
