/** What the banner and the page's title say of the world that is shown. Pure. */

import type { ScreenMarking, World } from '../api/shapes.ts'
import type { Catalogue } from '../i18n/en.ts'

const EXERCISE = 'exercise:'
const ORDER: readonly World[] = ['actual', 'exercise', 'test']

/** A word with the style that belongs to it. */
export interface Plate {
  word: string
  style: `world-${World}` | 'world-none'
  /** That the word names, whatever the style: in a replay they differ. */
  world?: World
}

/** Words for all worlds on the screen; a replay is called one, whatever its records are. */
export function plates(marking: ScreenMarking, isReplay: boolean, t: Catalogue): Plate[] {
  const found = ORDER.filter((world) => marking.worlds.includes(world)).map(
    (world): Plate => ({ word: t[`world_${world}`], style: `world-${world}`, world }),
  )
  if (isReplay) {
    const test: Plate = { word: t.world_test, style: 'world-test', world: 'test' }
    return [{ word: t.world_replay, style: 'world-test' }, ...(found.length ? found.map((each) => ({ ...each, style: test.style })) : [test])]
  }
  return found.length ? found : [{ word: t.live, style: 'world-none' }]
}

/** What the banner says on a plate: of an exercise three times, as it is said by voice. */
export const bannerWord = ({ word, world }: Plate, t: Catalogue): string => (world === 'exercise' ? t.banner_exercise : word)

/** What stands at one thing of one status: its own world, whatever else is on the screen. */
export const worldWords = (status: string, world: World, isReplay: boolean, t: Catalogue): string =>
  [isReplay ? t.world_replay : '', t[`world_${world}`], exerciseOf(status)].filter(Boolean).join(' ')

/** The exercise of a status by its name, such as `keen-edge`; empty if it is of none. */
export const exerciseOf = (status: string): string => (status.startsWith(EXERCISE) ? status.slice(EXERCISE.length) : '')

/** The exercises on the screen by their names. */
export const exercises = (marking: ScreenMarking): string[] => marking.statuses.map(exerciseOf).filter(Boolean)

/** The style of the whole banner: of its world, or of none if there are several, each in its own plate. */
export function bannerStyle(shown: readonly Plate[]): Plate['style'] {
  const styles = new Set(shown.map(({ style }) => style))
  return styles.size === 1 ? (shown[0] as Plate).style : 'world-none'
}

/** The page's title: worlds first, so that they are seen in a narrow tab. */
export function title(shown: readonly Plate[], member: string, countdown: string, unseen: number): string {
  const worlds = `[${shown.map(({ word }) => word).join(' ')}]`
  return [unseen ? `(${unseen})` : '', worlds, countdown, `Tocsin ${member}`].filter(Boolean).join(' ')
}
