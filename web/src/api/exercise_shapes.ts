/** What the server says of exercises; follows board.py, plans.py and orders.py in src/tocsin/exercise. Times are RFC 3339, UTC. */

import type { Role } from './shapes.ts'

export interface Person {
  role: Role
  pseudonym: string
}

export type ConsentAct = 'consent' | 'decline' | 'withdraw'

/** Where an exercise stands. */
export interface Standing {
  id: string
  status: string
  name: string
  state: 'proposed' | 'running' | 'paused' | 'over'
  director: string
  members: string[]
  consents: Record<string, ConsentAct>
  is_agreed: boolean
  digest: string
  starts_at: string
  /** Where the scenario's clock stood at `as_of`, in seconds. */
  at_s: number
  as_of: string
  speed: number
  ends_s: number | null
  ended_by: string
  ended_at: string | null
}

export interface Said {
  at: string
  originator: string
  record: string
  sender: string
  to: string[]
  role: Role | ''
  text: string
  by: Person | null
}

export interface Taken {
  at: string
  member: string
  choice: string
  text: string
  by: Person
}

export interface Asked {
  inject: string
  at: string
  to: string[]
  role: Role | ''
  question: string
  options: string[]
  until_s: number | null
  taken: Taken[]
}

export interface Awaited {
  id: string
  text: string
  by: string[]
  within_s: number
  needs_judge: boolean
  judged: { member: string; is_met: boolean; by: Person; text: string }[]
}

export interface InjectRow {
  inject: string
  kind: string
  title: string
  text: string
  state: 'due' | 'played' | 'lasting' | 'skipped' | 'not_reached'
  due_s: number
  at_s: number | null
  until_s: number | null
  is_by_hand: boolean
  objectives: string[]
  awaited: Awaited[]
}

export interface Board {
  exercise: Standing
  messages: Said[]
  decisions: Asked[]
  summary: string
  objectives: { id: string; name: string; text?: string }[]
  /** null: not for those who play. */
  injects: InjectRow[] | null
}

export type ExerciseAct =
  | ConsentAct
  | 'pause' | 'resume' | 'jump' | 'inject' | 'skip' | 'move' | 'stop' | 'comment' | 'lesson' | 'decide' | 'message' | 'react'

export interface ExerciseOrder {
  act: ExerciseAct
  what?: string
  about?: 'exercise' | 'inject' | 'objective' | 'event' | 'member'
  to_s?: number
  inject?: string
  choice?: string
  is_met?: boolean
  text?: string
  to?: readonly string[]
  for_role?: Role | ''
}

export interface InjectChoices {
  launches: string[]
  sensors: Record<string, string>
}

export interface Plan {
  id: string
  originator: string
  title: string
  issued_at: string
  signed: string[]
  declined: string[]
  missing: string[]
  exercises: {
    id: string
    name: string
    begins_on: string
    ends_on: string
    members: string[]
    aim?: string
    objectives?: string[]
    domains?: string[]
  }[]
}

const CONTROLLERS: readonly Role[] = ['exercise_controller']

/** Who may do what about an exercise; a decision that is asked of a role is for that role alone. */
export const EXERCISE_ROLES = {
  control: CONTROLLERS,
  stop: ['exercise_controller', 'watch_officer'],
  speak: ['exercise_controller', 'watch_officer', 'analyst', 'alert_officer'],
} as const satisfies Record<string, readonly Role[]>
