/** What a page reads out of claims: their times, their places, their order, their marking. Pure. */

import type { ClaimBody, ClaimLine, ClaimWhole, Board, Evidence, MovementTold, Quantity, RecordRef, Told } from '../api/claim_shapes.ts'
import type { Marked } from '../format/marking.ts'

export const refOf = ({ originator, record_id }: Told): RecordRef => ({ originator, record: record_id })
export const keyOf = ({ originator, record }: RecordRef): string => `${originator}/${record}`

/** When something happened, by the claim: from, to; null if it names no time. */
export function happened({ since, until, said_at }: ClaimBody): { from: number; to: number; isSaid: boolean } | null {
  const [from, to] = [since ?? until, until ?? since].map((moment) => (moment ? Date.parse(moment) : Number.NaN)) as [number, number]
  if (!Number.isNaN(from)) return { from, to, isSaid: false }
  const said = said_at ? Date.parse(said_at) : Number.NaN
  return Number.isNaN(said) ? null : { from: said, to: said, isSaid: true }
}

/** In the order in which it happened, by what each says; what names no time comes last. */
export const inTime = (claims: readonly ClaimLine[]): ClaimLine[] =>
  [...claims].sort((a, b) => (happened(a.claim)?.from ?? Infinity) - (happened(b.claim)?.from ?? Infinity))

/** Days from and to: `2023-09-08 – 2023-09-12`, `2023-09-08`, `… – 2023-09-12`; empty if there is neither. */
export function days({ since, until }: { since?: string; until?: string }): string {
  const [first, last] = [day(since), day(until)]
  if (first === last) return first
  return `${first || '…'} – ${last || '…'}`
}

export const day = (moment: string | undefined): string => (moment ? moment.slice(0, 10) : '')

/** A figure without its words: `300`, `20–25`, `≥ 1,000`, `≈ 300`. */
export function figure({ least, most, is_about: isAbout }: Quantity, language: string): string {
  const said = (value: number): string => value.toLocaleString(language)
  const range =
    most === undefined ? `≥ ${said(least ?? 0)}`
    : least === undefined ? `≤ ${said(most)}`
    : least === most ? said(least)
    : `${said(least)}–${said(most)}`
  return isAbout ? `≈ ${range}` : range
}

/** What an evidence is called. */
export const titleOf = ({ item, claim }: Evidence): string => item?.title ?? claim?.proposition ?? ''

/** The marking of everything that stands in a list of claims; what is counted tells of what it was counted from. */
export const markedOfLines = (lines: readonly ClaimLine[]): Marked[] =>
  lines.flatMap((line) => [line, { ...line, audience: line.counts_audience }, ...line.denials, ...line.denials.map(({ link }) => link)])

const markedOfEvidence = (evidence: Evidence): Marked[] => [
  evidence, ...(evidence.source ? [evidence.source] : []), ...evidence.denials,
]

export const markedOfWhole = (whole: ClaimWhole): Marked[] => [
  ...markedOfLines([whole]),
  ...whole.evidence.flatMap(({ link, evidence }) => [...(link ? [link] : []), ...markedOfEvidence(evidence)]),
  ...whole.figures, ...whole.judgements, ...whole.changes,
]

export const markedOfMovement = (told: MovementTold): Marked[] => [told, ...told.denials, ...told.denials.map(({ link }) => link)]

export const markedOfBoard = (board: Board): Marked[] => [
  board, ...board.rows.flatMap(({ evidence, cells }) => [...(evidence ? markedOfEvidence(evidence) : []), ...cells]),
]
