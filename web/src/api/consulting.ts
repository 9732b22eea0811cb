/** What the page asks and says of joint statements. */

import type { ParagraphDifference, StatementAct, StatementTold } from './consult_shapes.ts'
import { ask, query, type Server } from './server.ts'

export function statements(status: string): Promise<StatementTold[]> {
  return ask(`api/v1/consultations${query({ status })}`)
}

/** A text with what became of an earlier one, word by word. */
export function statementDifferences(
  { drafter, id, status }: { drafter: string; id: string; status: string }, language: string, number: number, before: number,
): Promise<ParagraphDifference[]> {
  return ask(
    `api/v1/consultations/${encodeURIComponent(drafter)}/${encodeURIComponent(id)}/differences${query({ status, language, number, before })}`,
  )
}

export async function actOnStatement(server: Server, act: StatementAct): Promise<void> {
  await server.send('api/v1/consultations/orders', act)
}
