/** What the page asks and says of claims. */

import type { Board, ClaimPage, ClaimWhole, Confidence, Reading, RecordRef, Scale } from './claim_shapes.ts'
import { ask, query, type Server } from './server.ts'

export interface Asked {
  status: string
  /** Null: of any topic. */
  topic: string | null
  words: string
  /** Null: now. */
  as_of: string | null
}

export function claimPage({ status, topic, words, as_of }: Asked): Promise<ClaimPage> {
  const parameters = query({ status, words, as_of: as_of ?? undefined })
  // an empty topic is one: that of claims without any
  return ask(`api/v1/claims${parameters}${topic === null ? '' : `&topic=${encodeURIComponent(topic)}`}`)
}

/** Null: it did not stand then, or is not shown here. */
export function wholeClaim({ originator, record }: RecordRef, { status, as_of }: Asked): Promise<ClaimWhole | null> {
  return ask(
    `api/v1/claims/${encodeURIComponent(originator)}/${encodeURIComponent(record)}${query({ status, as_of: as_of ?? undefined })}`,
  )
}

export function boards({ status, as_of }: Asked): Promise<Board[]> {
  return ask(`api/v1/questions${query({ status, as_of: as_of ?? undefined })}`)
}

export interface Judging {
  originator: string
  record_id: string
  scale: Scale
  word: string
  confidence: Confidence | null
  reasons: string
}

export async function judge(server: Server, said: Judging): Promise<void> {
  await server.send('api/v1/judgements', said)
}

export interface Weighing {
  question: RecordRef
  hypothesis: string
  evidence: RecordRef
  reading: Reading
  reason: string
}

export async function weigh(server: Server, said: Weighing): Promise<void> {
  await server.send('api/v1/weighings', said)
}
