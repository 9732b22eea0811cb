/** Which messages of the feed count, and when the picture must be asked for anew. Pure: no socket, no clock. */

import type { FeedMessage } from '../api/shapes.ts'

/** How far this page has come in the feed. */
export interface Place {
  /** Of the server's numbers; empty before the first word. */
  epoch: string
  /** The last number that was taken in. */
  number: number
}

export type Step =
  /** Take the message in; the place is what holds afterwards. */
  | { do: 'take'; place: Place }
  /** It was taken in before, or asks for nothing. */
  | { do: 'pass'; place: Place }
  /** What lies between is no longer to be had, or the server began anew: ask for the picture. */
  | { do: 'ask'; place: Place }

export const BEGINNING: Place = { epoch: '', number: 0 }

/** Decide what to do with the next message. */
export function step(place: Place, message: FeedMessage): Step {
  switch (message.say) {
    case 'hello':
      if (message.epoch === place.epoch) return { do: 'pass', place }
      return { do: 'ask', place: { epoch: message.epoch, number: message.number } }
    case 'gone':
      return { do: 'ask', place: { ...place, number: message.number } }
    case 'event':
    case 'records':
      if (message.number <= place.number) return { do: 'pass', place }
      // Numbers follow each other; a hole means that something got lost on the way, and nothing may.
      if (message.number > place.number + 1) return { do: 'ask', place: { ...place, number: message.number } }
      return { do: 'take', place: { ...place, number: message.number } }
    case 'tracks':
    case 'links':
    case 'alert':
    case 'office':
      return { do: 'take', place }
  }
}

/** Milliseconds to wait before the next attempt: at once the first time, then doubling to 5 s, spread by `luck`. */
export function delayMs(failures: number, luck: number): number {
  if (failures === 0) return 0
  return Math.min(250 * 2 ** (failures - 1), 5000) * (0.75 + 0.5 * luck)
}
