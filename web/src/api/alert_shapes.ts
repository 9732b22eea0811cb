/** What the server says of alerts to the public; follows seen.py in src/tocsin/alerts, and OfficeNow of web/shapes.py. Times are RFC 3339, UTC. */

import type { Role, Stage } from './shapes.ts'

/** A message of an alert. */
export interface AlertMessage {
  /** Of the record that people approve. */
  id: string
  digest: string
  number: number
  message: 'alert' | 'update' | 'cancel' | 'all_clear'
  place: 'sent' | 'next' | 'begun' | 'end' | 'ready' | 'old'
  drafted_at: string
  sent_at: string | null
  latest_at: string | null
  reason: string
  areas: AlertArea[]
  freed: AlertArea[]
  texts: AlertText[]
  freed_texts: AlertText[]
  grounds: {
    launch: string
    revision: number
    label: string
    grade_basis: string
    detections: number
    last_detection_at?: string
    lost_age_s?: number
  } | null
  confirmations: number
  confirmed: { person: { role: Role; pseudonym: string }; is_yes: boolean; at: string; text: string; counts: boolean | null }[]
  /** Of each confirmation that is missing, the roles that may give it. */
  wanted: Role[][]
  held: { guard: string; reason: string }[]
  channels: { channel: string; state: 'waits' | 'delivered' | 'failed' | 'overtaken'; attempts: number; at: string; detail: string }[]
  /** Channels that it goes through. */
  through: string[]
}

export interface AlertArea {
  area: string
  code: string
  names: { language: string; name: string }[]
  probability: number | null
  earliest_at: string | null
  latest_at: string | null
}

export interface AlertText {
  language: string
  event: string
  headline: string
  description: string
  instruction: string
}

/** An alert to the public of one member. */
export interface Alert {
  key: string
  alert_id: string
  event_id: string
  originator: string
  status: string
  cap_status: 'Actual' | 'Exercise' | 'Test'
  synthetic: boolean
  audience: string[]
  caveats: string[]
  stage: Stage | null
  outcome: string | null
  is_sent: boolean
  is_over: boolean
  messages: AlertMessage[]
}

/** How this member can alert its public. */
export interface Office {
  alerts_public: boolean
  is_open: boolean
  needs_passkey: boolean
  /** What tests of the channels have shown. */
  channels: { channel: string; tested_at: string | null; good_at: string | null; problem: string }[]
  /** Keys of the alerts that there are. */
  alerts: string[]
}
