/** What the server speaks of joint statements; follows consult_shapes.py in src/tocsin/web and what it stands on. */

import type { RecordRef, Told } from './claim_shapes.ts'
import type { Role } from './shapes.ts'

export const SPEAKING_ROLES: readonly Role[] = ['analyst', 'releaser']
export const BINDING_ROLES: readonly Role[] = ['releaser']

export type Texts = Record<string, string>
export type Speaking = 'comment' | 'replace' | 'insert' | 'strike' | 'reserve'

export interface Paragraph {
  id: string
  texts: Texts
  reservations?: { member: string; texts: Texts }[]
}

export interface Statement {
  members: string[]
  titles: Texts
  languages: { tag: string; sha256: string; is_authentic: boolean }[]
  paragraphs: Paragraph[]
}

export interface Round {
  number: number
  text: RecordRef
  digest: string
  issued_at: string
  statement: Statement | null
  problem: string
  note: string
  look_alikes: string[]
}

export interface Remark {
  ref: RecordRef
  member: string
  act: string
  paragraph: string
  texts: Texts
  why: string
  role: string
  pseudonym: string
  at: string
}

export interface MemberStanding {
  member: string
  holds_text_at: string | null
  received_at: string | null
  is_in_time: boolean
  word: '' | 'kept' | 'suspended' | 'broken'
  word_at: string | null
  says: string
  signed_at: string | null
  withdrawn_at: string | null
  withdrawn_why: string
}

export interface Standing {
  drafter: string
  id: string
  status: string
  phase: string
  waits_for: string[]
  members: MemberStanding[]
  zones: Record<string, string>
  rounds: Round[]
  current: number
  silence: { called_at: string; deadline_at: string; receive_by: string; note: string } | null
  brackets: Remark[]
  reservations: Remark[]
  comments: Remark[]
  unsigned: string[]
  issued_at: string | null
}

export interface StatementTold extends Told {
  standing: Standing
}

export interface ParagraphDifference {
  id: string
  change: 'same' | 'changed' | 'added' | 'removed' | 'moved'
  spans: { op: 'same' | 'added' | 'removed'; text: string }[]
}

export interface StatementAct {
  act: Speaking | 'take_back' | 'accept' | 'silence' | 'break' | 'issue' | 'withdraw'
  consultation: string
  status: string
  paragraph?: string
  texts?: Texts
  text?: string
  refs?: RecordRef[]
  deadline_at?: string
  minimum_s?: number
  unsigned?: string[]
}
