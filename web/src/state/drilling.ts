/** What follows from where an exercise stands. Pure. */

import type { Asked, Board, Said, Standing } from '../api/exercise_shapes.ts'
import type { Role } from '../api/shapes.ts'
import type { Marked } from '../format/marking.ts'

/** Where the scenario's clock stands at a time, in seconds: it goes on while the exercise runs. */
export function clockOf({ at_s: atS, as_of: asOf, state }: Standing, nowMs: number): number {
  return state === 'running' ? atS + Math.max(0, (nowMs - Date.parse(asOf)) / 1000) : atS
}

/** Whether it has begun and is not over. */
export const isPlayed = ({ state }: Standing): boolean => state === 'running' || state === 'paused'

/** Messages of an exercise that came after a time, but for what people of this member wrote. */
export const unreadOf = ({ exercise, messages }: Board, since: string, member: string): Said[] =>
  isPlayed(exercise) ? messages.filter(({ at, by, originator }) => at > since && (by === null || originator !== member)) : []

/** Whether a decision is asked of somebody of a member with these roles, and nobody there has taken it. */
export function isOpen({ to, role, taken }: Asked, member: string, roles: readonly Role[]): boolean {
  return (!to.length || to.includes(member)) && (!role || roles.includes(role)) && !taken.some((each) => each.member === member)
}

/** The decisions of an exercise that wait for them. */
export function openOf({ exercise, decisions }: Board, member: string, roles: readonly Role[]): Asked[] {
  return isPlayed(exercise) && exercise.consents[member] === 'consent' ? decisions.filter((each) => isOpen(each, member, roles)) : []
}

/** What the screen is marked with while it shows an exercise. */
export const markedAs = ({ members, status }: Standing): Marked => ({ audience: members, world: 'exercise', status, synthetic: true })
