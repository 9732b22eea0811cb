/** What the server speaks of claims; follows claim_shapes.py in src/tocsin/web. What has its default may be left out. */

import type { Role, World } from './shapes.ts'

/** Who may judge a claim and weigh evidence for this member. */
export const JUDGING_ROLES: readonly Role[] = ['analyst']

export type Scale = 'icd203' | 'phia'
export type Confidence = 'low' | 'moderate' | 'high'
export type Reading = 'consistent' | 'inconsistent' | 'neutral'
export type Comparison = 'agree' | 'differ' | 'not_comparable'

export interface RecordRef {
  originator: string
  record: string
}

/** One record of the ledger: whose it is, who may have it, in which world. */
export interface Told {
  originator: string
  record_id: string
  audience: string[]
  caveats: string[]
  status: string
  world: World
  synthetic: boolean
  issued_at: string
  admitted_at: string
}

export interface Quantity {
  unit: string
  least?: number
  most?: number
  is_about?: boolean
  since?: string
  until?: string
}

export interface ClaimPlace {
  name: string
  lat_deg?: number
  lon_deg?: number
  within_km?: number
}

export interface ClaimBody {
  proposition: string
  speaker: string
  reported_by?: string
  said_at?: string
  subject?: string
  object?: string
  places?: ClaimPlace[]
  since?: string
  until?: string
  quantities?: Quantity[]
  credibility?: 1 | 2 | 3 | 4 | 5 | 6
  hedge?: string
  rests_on?: RecordRef[]
  topic?: string
}

export interface ItemBody {
  title: string
  media: string
  basis: 'own' | 'derived' | 'unknown'
  sha256?: string
  published_at?: string
  obtained_at?: string
  language?: string
  licence?: string
  url?: string
  quote?: string
}

export interface SourceBody {
  name: string
  kind: string
  reliability?: 'A' | 'B' | 'C' | 'D' | 'E' | 'F'
  reason?: string
}

export interface Counted {
  reports: number
  origins: number
  unknown: number
}

export interface Denial extends Told {
  claim: ClaimBody
  link: Told
  scope: 'whole' | 'part'
  reason: string
  is_reported: boolean
}

export interface ClaimLine extends Told {
  claim: ClaimBody
  support: Counted
  contradiction: Counted
  denials: Denial[]
  /** Who may have all that the counts come from. */
  counts_audience: string[]
}

export type LegBasis = 'seen' | 'inferred' | 'reported'

export interface MovementLeg {
  mode?: 'sea' | 'rail' | 'road' | 'air'
  basis: LegBasis
  origin?: ClaimPlace
  destination?: ClaimPlace
  since?: string
  until?: string
  transponder?: 'sending' | 'silent' | 'unknown'
  reason?: string
}

export interface MovementTold extends Told {
  movement: {
    title: string
    carrier?: string
    origin?: ClaimPlace
    destination?: ClaimPlace
    since?: string
    until?: string
    cargo?: string
    quantities?: Quantity[]
    legs?: MovementLeg[]
    topic?: string
  }
  vessels: string[]
  claims: RecordRef[]
  denials: Denial[]
}

export interface ScaleWord {
  word: string
  also: string
  least_percent: number
  most_percent: number
}

export interface ClaimPage {
  status: string
  statuses: string[]
  as_of: string | null
  claims: ClaimLine[]
  found: number
  movements: MovementTold[]
  topics: { topic: string; claims: number }[]
  moments: string[]
  scales: Record<Scale, ScaleWord[]>
}

export interface Evidence extends Told {
  item: ItemBody | null
  claim: ClaimBody | null
  source: (Told & { source: SourceBody }) | null
  cites: string[]
  support: Counted | null
  denials: Denial[]
}

export interface LinkedEvidence {
  relation: 'rests_on' | 'supports' | 'contradicts'
  weight: 'slight' | 'fair' | 'strong'
  scope: 'whole' | 'part'
  reason: string
  link: Told | null
  evidence: Evidence
}

export interface FigureTold extends Told {
  claim: ClaimBody
  quantity: Quantity
  beside: { own: Quantity; comparison: Comparison }[]
}

export interface JudgementTold extends Told {
  judgement: {
    scale: Scale
    word: string
    confidence?: Confidence
    reasons?: string
    person?: { role: string; pseudonym: string }
  }
  band_percent: [number, number] | null
}

export interface ChangeTold extends Told {
  at: string
  what: 'stated' | 'revised' | 'taken back' | 'linked' | 'judged'
  kind: string
}

export interface ClaimWhole extends ClaimLine {
  as_of: string | null
  evidence: LinkedEvidence[]
  figures: FigureTold[]
  judgements: JudgementTold[]
  changes: ChangeTold[]
  missing: RecordRef[]
}

export interface Cell extends Told {
  hypothesis: string
  reading: Reading
  reason: string
}

export interface BoardRow {
  ref: RecordRef
  evidence: Evidence | null
  cells: Cell[]
  tells_apart: string[]
  would_change: string[]
}

export interface Score {
  key: string
  inconsistent: number
  consistent: number
  unweighed: number
}

export interface Board extends Told {
  question: { text: string; hypotheses: { key: string; text: string }[]; gaps?: string[] }
  ranking: Record<string, Score[]>
  rows: BoardRow[]
}
