/** The server's HTTP API, typed. Every call goes to the page's own origin. */

import type {
  Act,
  Alone,
  AreaCollection,
  Decision,
  Held,
  LogEntry,
  Passkey,
  Picture,
  RecordItem,
  RecordPage,
  Sensor,
  Session,
} from './shapes.ts'
import type { Board, ExerciseOrder, InjectChoices, Plan, Standing } from './exercise_shapes.ts'
import { makePasskey, signWithPasskey } from './passkeys.ts'

/** What the server said is wrong, and what to do. */
export class ServerError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly advice: string,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message)
  }
}

/** A newer record has come than the one that a decision is about. */
export const isReplaced = (error: unknown): boolean => error instanceof ServerError && error.status === 412

/** Whether the server said what is wrong: else nobody answered, and it may be asked again. */
export const isAnswered = (error: unknown): error is ServerError => error instanceof ServerError && error.status > 0

export interface RecordFilter {
  before?: number
  kind?: string
  originator?: string
  status?: string
  audience?: string
  event_id?: string
  known_at?: string
  limit?: number
}

interface Ceremony {
  options: PublicKeyCredentialRequestOptionsJSON
}
interface CreationCeremony {
  options: PublicKeyCredentialCreationOptionsJSON
}

/** What is decided about which record, and why. */
export interface Deciding {
  originator: string
  record_id: string
  /** Of the record as it is on the screen. */
  digest: string
  act: Decision
  text: string
  /** The person was told that a newer one has come, and means the one on the screen. */
  knows_of_newer: boolean
}

const PATIENCE_MS = 15_000
const LOG_ENTRIES = 50

export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  let answer: Response
  try {
    answer = await fetch(path, { ...init, credentials: 'same-origin', signal: AbortSignal.timeout(PATIENCE_MS) })
  } catch {
    throw new ServerError(0, '', '')
  }
  const text = await answer.text()
  let said: unknown
  try {
    said = text ? JSON.parse(text) : null
  } catch {
    said = null
  }
  if (!answer.ok) {
    const problem = (said ?? {}) as { error?: unknown; advice?: unknown }
    const wait = Number(answer.headers.get('Retry-After'))
    throw new ServerError(
      answer.status,
      typeof problem.error === 'string' ? problem.error : `HTTP ${answer.status}`,
      typeof problem.advice === 'string' ? problem.advice : '',
      wait > 0 ? wait : null,
    )
  }
  return said as T
}

export function query(parameters: object): string {
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '')
  return pairs.length ? `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}` : ''
}

/** What one page may ask of its server; `csrf` goes with everything that changes something. */
export class Server {
  csrf = ''

  async session(): Promise<Session> {
    return this.#keep(await ask<Session>('api/v1/session'))
  }

  async signIn(name: string, password: string): Promise<Session> {
    return this.#keep(await this.send<Session>('api/v1/sign-in', { name, password }))
  }

  async enrol(code: string): Promise<Session> {
    return this.#keep(await this.send<Session>('api/v1/enrol', { code }))
  }

  async signInByPasskey(): Promise<Session> {
    const { options } = await this.send<Ceremony>('api/v1/sign-in/passkey/options', {})
    return this.#keep(await this.send<Session>('api/v1/sign-in/passkey', await signWithPasskey(options)))
  }

  passkeys(): Promise<Passkey[]> {
    return ask('api/v1/passkeys')
  }

  async addPasskey(label: string): Promise<void> {
    const { options } = await this.send<CreationCeremony>('api/v1/passkeys/options', {})
    await this.send('api/v1/passkeys', { label, passkey: await makePasskey(options) })
  }

  async removePasskey(id: string): Promise<void> {
    await this.send(`api/v1/passkeys/${encodeURIComponent(id)}/remove`, {})
  }

  async signOut(): Promise<void> {
    await this.send('api/v1/sign-out', {})
  }

  /** The picture of now, or as it was known here at a time. */
  picture(knownAt?: string): Promise<Picture> {
    return ask(`api/v1/picture${query({ known_at: knownAt })}`)
  }

  records(filter: RecordFilter): Promise<RecordPage> {
    return ask(`api/v1/records${query({ newest: true, limit: 200, ...filter })}`)
  }

  record(originator: string, id: string): Promise<RecordItem> {
    return ask(`api/v1/records/${encodeURIComponent(originator)}/${encodeURIComponent(id)}`)
  }

  /** What this member would know of an event from its own plots alone, now or by a time; null: nothing. */
  alone(eventId: string, status: string, knownAt: string | null): Promise<Alone | null> {
    return ask(`api/v1/events/${encodeURIComponent(eventId)}/alone${query({ status, known_at: knownAt ?? undefined })}`)
  }

  async areas(): Promise<AreaCollection> {
    const areas = await ask<AreaCollection>('api/v1/areas')
    for (const { id, properties } of areas.features) if (id !== undefined) properties.id = id
    return areas
  }

  sensors(): Promise<Sensor[]> {
    return ask('api/v1/sensors')
  }

  /** The newest entries of the shift's log. */
  async log(): Promise<LogEntry[]> {
    const { records } = await this.records({ kind: 'watch.log_entry', limit: LOG_ENTRIES })
    const whole = await Promise.all(records.map(({ originator, id }) => this.record(originator, id)))
    return whole.map((record) => ({ record, ...(record.body as Omit<LogEntry, 'record'>) }))
  }

  writeLog(text: string, eventId: string, handsOver: boolean): Promise<unknown> {
    return this.send('api/v1/log', { text, event_id: eventId, hands_over: handsOver })
  }

  remark(originator: string, recordId: string, act: Act, text: string): Promise<unknown> {
    return this.send('api/v1/remarks', { originator, record_id: recordId, act, text })
  }

  /** Tell the others that this event is on a screen here. */
  async seen(key: string): Promise<void> {
    await this.send('api/v1/seen', { key })
  }

  held(): Promise<Held[]> {
    return ask('api/v1/held')
  }

  /** Decide about a record, with the signature of one's passkey or without. */
  async decide(deciding: Deciding, byPasskey: boolean): Promise<void> {
    if (!byPasskey) {
      await this.send('api/v1/decisions', deciding)
      return
    }
    const { options } = await this.send<Ceremony>('api/v1/decisions/options', deciding)
    await this.send('api/v1/decisions/signed', {
      passkey: await signWithPasskey(options), knows_of_newer: deciding.knows_of_newer,
    })
  }

  /** Draft the end of an alert; it then waits for people. */
  async draftEnd(alertId: string, message: 'cancel' | 'all_clear', reason = 'sent_in_error'): Promise<void> {
    await this.send('api/v1/alerts/end', { alert_id: alertId, message, reason })
  }

  exercises(): Promise<Standing[]> {
    return ask('api/v1/exercises')
  }

  exercise(id: string): Promise<Board> {
    return ask(`api/v1/exercises/${encodeURIComponent(id)}`)
  }

  async orderExercise(id: string, order: ExerciseOrder): Promise<void> {
    await this.send(`api/v1/exercises/${encodeURIComponent(id)}/orders`, order)
  }

  injectChoices(): Promise<InjectChoices> {
    return ask('api/v1/exercise-choices')
  }

  exercisePlans(): Promise<Plan[]> {
    return ask('api/v1/exercise-plans')
  }

  #keep(session: Session): Session {
    this.csrf = session.csrf
    return session
  }

  /** Say something to the server, with the token of this page. */
  send<T>(path: string, body: object): Promise<T> {
    return ask(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Tocsin-CSRF': this.csrf },
      body: JSON.stringify(body),
    })
  }
}
