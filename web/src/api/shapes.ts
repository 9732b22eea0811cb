/** What the server of the watch floor speaks; follows shapes.py and acting_shapes.py in src/tocsin/web. Times are RFC 3339, UTC. */

import type { Alert, Office } from './alert_shapes.ts'

export type World = 'actual' | 'exercise' | 'test'
export type Stage = 'detected' | 'assessed' | 'predicted' | 'closed'
export type Act = 'acknowledge' | 'concur' | 'query' | 'dispute' | 'false_alarm' | 'seen'
export const ROLES = ['watch_officer', 'analyst', 'exercise_controller', 'releaser', 'alert_officer', 'administrator'] as const
export type Role = (typeof ROLES)[number]

/** Who may say something of an event. */
export const ACTING_ROLES: readonly Role[] = ['watch_officer', 'analyst', 'exercise_controller', 'alert_officer']

export type Decision = 'release' | 'refuse' | 'approve'

const DECIDING_ROLES: Readonly<Record<Decision, readonly Role[]>> = {
  release: ['releaser'],
  refuse: ['releaser'],
  approve: ['alert_officer', 'watch_officer'],
}

/** Who may decide about a record of a kind: whoever may approve a message to the public may refuse it. */
export function deciders(act: Decision, kind: string): readonly Role[] {
  return DECIDING_ROLES[act === 'refuse' && kind === 'alerts.alert' ? 'approve' : act]
}

export interface Session {
  member: string
  member_name: string
  mode: 'live' | 'replay'
  version: string
  user: { pseudonym: string; roles: Role[] } | null
  csrf: string
  /** By the neutral code of a place that neighbours name differently: the viewing member's word for it. */
  naming: Record<string, string>
  /** Where passkeys work: the page must be open under this address; empty: nowhere. */
  passkeys?: { origin: string; advice: string }
  /** What the policy wants for the release of what waits. */
  release_by?: 'person' | 'passkey'
}

export interface Source {
  record?: string
  originator?: string
  cites?: string
}

export interface RecordItem {
  order: number
  kind: string
  id: string
  originator: string
  audience: string[]
  status: string
  world: World
  precedence: string
  issued_at: string
  sealed_at: string
  admitted_at: string
  observed_at: string | null
  synthetic: boolean
  clock_suspect: boolean
  chain_open: boolean
  supersedes: string | null
  cancels: string | null
  caveats: string[]
  public_warning: string
  sources: Source[]
  /** By this a decision names the record. */
  digest: string
  body?: unknown
}

export interface RecordPage {
  records: RecordItem[]
  next: number | null
}

export interface LaunchPoint {
  lat_deg: number
  lon_deg: number
  radius_km: number
}

export interface TrackPoint {
  at: string
  lat_deg: number
  lon_deg: number
  altitude_m: number
  speed_mps: number
  heading_deg: number
  climb_deg: number
  sigma_m: number
}

export type Ring = [number, number][]

export interface Impact {
  lat_deg: number
  lon_deg: number
  /** Semi-axes, the longer first. */
  ellipse_95_km: [number, number]
  ellipse_bearing_deg: number
  at: string
  at_sigma_s: number
  manoeuvre_km?: number
  /** Outline of all places that it may reach, longitude and latitude. */
  region?: Ring | Ring[]
}

export interface Overflight {
  area: string
  passes_at: string
  altitude_m: number
}

export interface AreaAtRisk {
  area: string
  probability?: number
  earliest_at?: string
  latest_at?: string
}

export interface Evidence {
  what: string
  value?: number | null
  unit?: string
  speaks_for: string
  speaks_against: string
  /** How many times likelier it is in the one than in the other. */
  times: number
}

/** The way of one stage in time. */
export interface Moments {
  observed_at: string | null
  issued_at: string
  sealed_at: string
  admitted_at: string
}

/** Longitude and latitude in degrees, altitude in metres, time. */
export type TrailPoint = [number, number, number, string]

export interface Assessment {
  originator: string
  audience: string[]
  record_id: string
  /** By this a decision names the record. */
  digest: string
  issued_at: string
  order: number
  event_id: string
  stage: Stage
  revision: number
  label: string
  ballistic_probability: number | null
  /** What it may be; the probabilities add up to 1. Absent from older members. */
  classes?: { name: string; probability: number }[]
  /** What the classes rest on, the strongest first. */
  evidence?: Evidence[]
  grade?: 'member' | 'public'
  grade_basis?: string
  launch_point: LaunchPoint | null
  launched_at: string | null
  track: TrackPoint | null
  impact: Impact | null
  areas: string[]
  at_risk?: AreaAtRisk[]
  /** How the impact was foretold if not from one filter that plots were put into; see `contributors`. */
  method?: string
  contributors?: Contributor[]
  overflown: Overflight[]
  outcome: string | null
  detections: number
  sensors: string[]
  last_detection_at: string | null
  trail: TrailPoint[]
  times: Partial<Record<Stage, Moments>>
  /** When its 95 % ellipse was first 10 km or less (longer semi-axis). */
  useful_at: string | null
  clock_suspect: boolean
  chain_open: boolean
}

/** One estimate of several that an impact was foretold from. */
export interface Contributor {
  member: string
  /** Its track record; absent: the originator's own filter. */
  record?: string
  weight: number
  detections: number
}

/** What this member would know of an event from its own plots alone. */
export interface Alone {
  stage: Stage
  detections: number
  sensors: string[]
  ellipse_95_km: [number, number] | null
  useful_at: string | null
  audience: string[]
  caveats: string[]
}

export interface Remark {
  originator: string
  record_id: string
  about_originator: string
  about_record: string
  act: Act
  person: { role: string; pseudonym: string }
  text: string
  issued_at: string
  audience: string[]
}

/** Whether the person whom a decision names has signed it, as far as can be known here. */
export type Standing =
  | 'verified'
  | 'unsigned'
  | 'record_missing'
  | 'another_record'
  | 'credential_unknown'
  | 'another_person'
  | 'not_valid_then'
  | 'broken'

export interface Approval {
  originator: string
  record_id: string
  about_originator: string
  about_record: string
  act: Decision
  person: { role: string; pseudonym: string }
  text: string
  issued_at: string
  standing: Standing
  detail: string
}

/** A record of this member that does not go where its marking lets it. */
export interface Held {
  record: RecordItem
  reason: 'needs_person' | 'policy' | 'no_route' | 'marking'
  detail: string
  to: string[]
  since: string
}

export interface Passkey {
  id: string
  label: string
  added_at: string
}

export interface EventItem {
  /** Tells it from all others, of whatever status. */
  key: string
  event_id: string
  aliases: string[]
  status: string
  world: World
  synthetic: boolean
  audience: string[]
  opened_at: string
  changed_at: string
  is_closed: boolean
  leading: string
  members: Record<string, Assessment>
  remarks: Remark[]
  approvals?: Approval[]
}

export interface ScreenMarking {
  audience: string[]
  caveats: string[]
  worlds: World[]
  statuses: string[]
  has_synthetic: boolean
}

export interface Picture {
  at: string
  is_now: boolean
  number: number
  events: EventItem[]
  marking: ScreenMarking
}

/** A sector on the ground, clockwise. */
export interface Coverage {
  range_km: number
  from_deg: number
  to_deg: number
}

export interface Sensor {
  member: string
  sensor_id: string
  lat_deg: number
  lon_deg: number
  altitude_m: number
  /** Of its plots; empty without any. */
  status: string
  world: World | null
  synthetic: boolean
  audience: string[]
  caveats: string[]
  plots: number
  first_admitted_at: string | null
  last_observed_at: string | null
  /** By the viewing member's configuration; null for everybody else's sensors. */
  coverage: Coverage | null
  /** How far over ground its plots lay, in sectors from north; 0: none there. */
  reach_km: number[]
}

export interface TrackItem extends TrackPoint {
  /** Of the event. */
  key: string
  event_id: string
  status: string
  originator: string
}

export interface LinkItem {
  member: string
  is_neighbour: boolean
  connected: boolean
  problem: string
  lag: number
  unsent: number
  clock_offset_s: number | null
  clock_suspect: boolean
  last_heads_at: string | null
}

export interface LinkState {
  at: string | null
  problem: string
  links: LinkItem[]
  problems: string[]
}

export interface AreaProperties {
  id: string
  member: string
  name_en: string
  name_local: string
  part_of: string | null
}

export interface AreaCollection {
  type: 'FeatureCollection'
  features: {
    type: 'Feature'
    id?: string
    properties: AreaProperties
    geometry: { type: 'Polygon' | 'MultiPolygon'; coordinates: number[][][] | number[][][][] }
  }[]
}

export interface LogEntry {
  record: RecordItem
  text: string
  event_id?: string
  hands_over?: boolean
  person: { role: string; pseudonym: string }
}

export type News = 'new' | 'stage' | 'revision' | 'remark' | 'approval' | 'joined'

/** What the feed says; what has a number is never dropped, of the rest only the newest counts. */
export type FeedMessage =
  | { say: 'hello'; epoch: string; number: number; at: string }
  | { say: 'event'; number: number; news: News; event: EventItem; marking: ScreenMarking }
  | { say: 'records'; number: number; records: RecordItem[] }
  | { say: 'gone'; number: number }
  | { say: 'tracks'; at: string; tracks: TrackItem[]; plots: number }
  | { say: 'links'; state: LinkState }
  | { say: 'alert'; alert: Alert }
  | ({ say: 'office' } & Office)
