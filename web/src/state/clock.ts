/** What time it is at the server: it, not this machine, tells when an impact is due. Pure but for what it is told. */

const KEPT = 30
/** A replay may be played fast; faster than this is a jump, not a pace. */
const FASTEST = 200
/** How far a replay's clock may run ahead of the last word, in milliseconds of this machine. */
const AHEAD_MS = 60_000

interface Sample {
  atMs: number
  localMs: number
}

export class ServerClock {
  #samples: Sample[] = []

  /** @param mode in a replay, time runs at a pace of its own. */
  constructor(readonly mode: 'live' | 'replay') {}

  /** Take in that the server said `atMs` when this machine's clock stood at `localMs`. */
  hear(atMs: number, localMs: number): void {
    if (!Number.isFinite(atMs)) return
    const last = this.#samples[this.#samples.length - 1]
    if (this.mode === 'replay' && last !== undefined) {
      if (atMs === last.atMs) return
      if (atMs < last.atMs) this.#samples = [] // another launch, or from the beginning
    }
    this.#samples.push({ atMs, localMs })
    if (this.#samples.length > KEPT) this.#samples.shift()
  }

  /** Return the server's time; without a word from it, this machine's. */
  now(localMs: number): number {
    const last = this.#samples[this.#samples.length - 1]
    if (last === undefined) return localMs
    if (this.mode === 'live') {
      // What came with the least delay tells the offset best.
      return localMs + Math.max(...this.#samples.map((each) => each.atMs - each.localMs))
    }
    return last.atMs + Math.min(Math.max(0, localMs - last.localMs), AHEAD_MS) * this.pace()
  }

  /** Scenario seconds per second. */
  pace(): number {
    if (this.mode === 'live') return 1
    const first = this.#samples[0]
    const last = this.#samples[this.#samples.length - 1]
    if (first === undefined || last === undefined || last.localMs - first.localMs < 500) return 0
    return Math.min((last.atMs - first.atMs) / (last.localMs - first.localMs), FASTEST)
  }
}
