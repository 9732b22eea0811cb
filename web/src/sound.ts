/**
 * Sounds for news, made by the Web Audio clock, which goes on in a hidden tab. Only what is actual sounds like an alarm.
 */

import type { World } from './api/shapes.ts'

export type Signal = 'alarm' | 'notice' | 'stage'

/** Tones of each signal: frequency in hertz, begin and length in seconds. */
const TONES: Record<Signal, readonly [number, number, number][]> = {
  alarm: [0, 0.5, 1, 1.5, 2, 2.5].flatMap((at): [number, number, number][] => [[880, at, 0.22], [660, at + 0.25, 0.22]]),
  notice: [[523, 0, 0.16], [659, 0.22, 0.28]],
  stage: [[587, 0, 0.14]],
}
const LOUDNESS: Record<Signal, number> = { alarm: 0.5, notice: 0.25, stage: 0.18 }
const EDGE_S = 0.015

/** Which signal belongs to news of a world. */
export function signalFor(world: World, news: 'new' | 'stage', isReplay: boolean): Signal {
  if (news === 'stage') return 'stage'
  return world === 'actual' && !isReplay ? 'alarm' : 'notice'
}

export class Bell {
  #context: AudioContext | null = null
  /** Called when it becomes possible or impossible to sound. */
  onChange: (isReady: boolean) => void = () => {}

  get isReady(): boolean {
    return this.#context?.state === 'running'
  }

  /** Browsers let a page sound only after a key or a click; call this from one. */
  async unlock(): Promise<void> {
    this.#context ??= new AudioContext()
    this.#context.onstatechange = () => this.onChange(this.isReady)
    if (this.#context.state !== 'running') await this.#context.resume().catch(() => undefined)
    this.onChange(this.isReady)
  }

  ring(signal: Signal): void {
    const context = this.#context
    if (!context || context.state !== 'running') return
    const begin = context.currentTime + 0.02
    for (const [hertz, at, length] of TONES[signal]) {
      const [tone, gain] = [context.createOscillator(), context.createGain()]
      tone.type = signal === 'alarm' ? 'square' : 'sine'
      tone.frequency.value = hertz
      gain.gain.setValueAtTime(0, begin + at)
      gain.gain.linearRampToValueAtTime(LOUDNESS[signal], begin + at + EDGE_S)
      gain.gain.setValueAtTime(LOUDNESS[signal], begin + at + length - EDGE_S)
      gain.gain.linearRampToValueAtTime(0, begin + at + length)
      tone.connect(gain).connect(context.destination)
      tone.start(begin + at)
      tone.stop(begin + at + length)
    }
  }
}
