/**
 * A development feed: plays a recorded launch (recording.json, made from `tocsin replay NK-20170828-01`) to the page
 * when no member is at hand. `npm run dev` uses it; it is no part of the build. TOCSIN_DEV_SPEED: scenario seconds per
 * second. Name and password of its sign-in: anything. TOCSIN_DEV_WORLD=actual|exercise plays it as another world, with
 * an impact that puts areas at risk, to see how that looks.
 */

import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Plugin } from 'vite'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Assessment, EventItem, Moments, Picture, RecordItem, Remark, Stage, World } from '../src/api/shapes.ts'

interface Recorded {
  s: number
  id: string
  originator: string
  audience: string[]
  issued_at: string
  observed_at: string | null
  supersedes: string | null
  body: Partial<Assessment> & { event_id: string; stage: Stage }
}

const here = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const recording = JSON.parse(here('./recording.json')) as { cites: string; records: Recorded[] }
const speed = Number(process.env['TOCSIN_DEV_SPEED'] ?? 20)
const world = (process.env['TOCSIN_DEV_WORLD'] ?? 'test') as World
const status = world === 'exercise' ? 'exercise:development' : world
if (world !== 'test') {
  for (const { body } of recording.records) {
    if (!body.impact) continue
    Object.assign(body.impact, { lat_deg: 39.9, lon_deg: 141.2, ellipse_95_km: [70, 25] })
    Object.assign(body, { areas: ['JP-02', 'JP-03'], overflown: [] })
  }
}
const first = recording.records[0] as Recorded
const lastSecond = (recording.records[recording.records.length - 1] as Recorded).s
const zeroMs = Date.parse(first.issued_at) - first.s * 1000
const iso = (s: number): string => new Date(zeroMs + s * 1000).toISOString()
const after = (time: string, ms: number): string => new Date(Date.parse(time) + ms).toISOString()

const began = Date.now()
const remarks: Remark[] = []
const now = (): number => Math.min(((Date.now() - began) / 1000) * speed, lastSecond + 60)
const until = (s: number): Recorded[] => recording.records.filter((record) => record.s <= s)

const moments = (record: Recorded): Moments => ({
  observed_at: record.observed_at,
  issued_at: record.issued_at,
  sealed_at: after(record.issued_at, 2),
  admitted_at: after(record.issued_at, record.originator === 'JPN' ? 3 : 24),
})

function assessment(records: Recorded[]): Assessment {
  const newest = records[records.length - 1] as Recorded
  const times: Assessment['times'] = {}
  for (const record of records) times[record.body.stage] ??= moments(record)
  return {
    revision: 1, label: '', ballistic_probability: null, launch_point: null, launched_at: null, track: null,
    impact: null, areas: [], overflown: [], outcome: null, detections: 0, sensors: [], last_detection_at: null, useful_at: null,
    ...newest.body,
    originator: newest.originator, audience: newest.audience, record_id: newest.id, digest: newest.id, issued_at: newest.issued_at, order: 1, times,
    clock_suspect: false, chain_open: false,
    trail: records.flatMap(({ body: { track } }) =>
      track ? [[track.lon_deg, track.lat_deg, track.altitude_m, track.at] as [number, number, number, string]] : []),
  }
}

function eventAt(s: number): EventItem | null {
  const known = until(s)
  if (known.length === 0) return null
  const members: EventItem['members'] = {}
  for (const code of ['JPN', 'KOR', 'USA']) {
    const own = known.filter((record) => record.originator === code)
    if (own.length) members[code] = assessment(own)
  }
  return {
    key: `${status}/${first.body.event_id}`, event_id: first.body.event_id, aliases: [], status, world, synthetic: world !== 'actual',
    audience: ['JPN'], opened_at: first.issued_at, changed_at: iso(s),
    is_closed: Object.values(members).every((each) => each.stage === 'closed'),
    leading: members['JPN'] ? 'JPN' : (Object.keys(members)[0] as string), members,
    remarks: remarks.filter((remark) => Date.parse(remark.issued_at) <= zeroMs + s * 1000),
  }
}

const marking = { audience: ['JPN'], caveats: [], worlds: [world], statuses: [status], has_synthetic: world !== 'actual' }

function pictureAt(s: number, isNow: boolean): Picture {
  const event = eventAt(s)
  return { at: iso(s), is_now: isNow, number: until(now()).length, events: event ? [event] : [], marking }
}

const item = (record: Recorded, order: number): RecordItem => ({
  order, kind: 'warning.launch', id: record.id, originator: record.originator, audience: record.audience,
  status, world, precedence: 'immediate', ...moments(record), synthetic: true, clock_suspect: false,
  chain_open: false, supersedes: record.supersedes, cancels: null, caveats: [], public_warning: 'ask',
  sources: [{ cites: recording.cites }], digest: record.id,
})


const session = {
  member: 'JPN', member_name: 'Japan', mode: world === 'test' ? 'replay' : 'live', version: '0.1.0', csrf: 'development',
  user: { pseudonym: 'watch-3', roles: ['watch_officer'] }, naming: { east_sea: 'both' },
}
let isSignedIn = process.env['TOCSIN_DEV_SIGN_IN'] === undefined

const sensors = [
  ['JPN', 'JPN-radar-a', 38, 138.5], ['JPN', 'JPN-radar-b', 34.5, 133], ['KOR', 'KOR-radar-a', 36.5, 127.5],
  ['KOR', 'KOR-radar-b', 37.5, 127], ['USA', 'USA-radar-a', 41, 140.5], ['USA', 'USA-radar-b', 36, 135],
].map(([member, sensor_id, lat_deg, lon_deg]) => ({
  member, sensor_id, lat_deg, lon_deg, altitude_m: 50, status, world, synthetic: true, audience: ['JPN', 'KOR', 'USA'], caveats: [],
  plots: 60, first_admitted_at: iso(60), last_observed_at: iso(582),
  coverage: member === 'JPN' ? { range_km: 1000, from_deg: 240, to_deg: 360 } : null,
  reach_km: Array.from({ length: 24 }, (_, i) => (i === 18 || i === 19 ? 620 : 0)),
}))

const links = () => ({
  at: new Date().toISOString(), problem: '', problems: [],
  links: [
    { member: 'KOR', is_neighbour: true, connected: true, problem: '', lag: 0, unsent: 0, clock_offset_s: 0.012, clock_suspect: false, last_heads_at: new Date().toISOString() },
    { member: 'USA', is_neighbour: true, connected: false, problem: 'the server at the other end does not answer', lag: 14, unsent: 6, clock_offset_s: -2.4, clock_suspect: true, last_heads_at: new Date(Date.now() - 74_000).toISOString() },
  ],
})

async function bodyOf(request: IncomingMessage): Promise<Record<string, string>> {
  let text = ''
  for await (const part of request) text += String(part)
  return text ? (JSON.parse(text) as Record<string, string>) : {}
}

async function answer(url: URL, request: IncomingMessage): Promise<unknown> {
  const path = url.pathname.replace('/api/v1/', '')
  switch (`${request.method} ${path}`) {
    case 'GET session': return isSignedIn ? session : { ...session, user: null }
    case 'POST sign-in': isSignedIn = true; return session
    case 'POST sign-out': isSignedIn = false; return {}
    case 'GET picture': {
      const knownAt = url.searchParams.get('known_at')
      return knownAt ? pictureAt((Date.parse(knownAt) - zeroMs) / 1000, false) : pictureAt(now(), true)
    }
    case 'GET areas': return JSON.parse(here('../../src/tocsin/warning/data/warning_areas.geojson'))
    case 'GET sensors': return sensors
    case 'POST log': return {}
    case `GET ${path.match(/^events\/.*\/alone$/)?.[0]}`: return null
    case 'POST seen': return {}
    case 'GET held': return []
    case 'GET passkeys': return []
    case 'GET records': {
      const before = Number(url.searchParams.get('before') ?? Infinity)
      const from = url.searchParams.get('originator')
      const found = until(now()).map((record, i) => item(record, i + 1)).filter((each) => each.order < before && (!from || each.originator === from)).reverse()
      return { records: found.slice(0, 50), next: found[50] ? (found[49]?.order ?? null) : null }
    }
    case 'POST remarks': {
      const said = (await bodyOf(request)) as unknown as { originator: string; record_id: string; act: Remark['act']; text: string }
      remarks.push({ originator: 'JPN', record_id: String(remarks.length), about_originator: said.originator, about_record: said.record_id, act: said.act, person: { role: 'watch_officer', pseudonym: 'watch-3' }, text: said.text, issued_at: iso(now()), audience: ['JPN'] })
      return { record_id: '0' }
    }
  }
  const record = recording.records.find((each) => path.endsWith(each.id))
  return record ? { ...item(record, 1), body: record.body } : undefined
}

function play(socket: WebSocket, since: number): void {
  let number = since
  const say = (message: object): void => socket.send(JSON.stringify(message))
  say({ say: 'hello', epoch: String(began), number: until(now()).length, at: iso(now()) })
  const timer = setInterval(() => {
    const s = now()
    const event = eventAt(s)
    for (const record of until(s).slice(number)) {
      number += 1
      const told = eventAt(record.s)
      if (number % 3 === 0) say({ say: 'records', number, records: [item(record, number)] })
      else if (told) say({ say: 'event', number, news: number === 1 ? 'new' : 'revision', event: { ...told, remarks }, marking })
    }
    const lead = event?.members[event.leading]
    if (lead?.track) say({ say: 'tracks', at: iso(s), plots: lead.detections, tracks: [{ event_id: lead.event_id, status, originator: lead.originator, ...lead.track }] })
    else say({ say: 'tracks', at: iso(s), plots: 0, tracks: [] })
    say({ say: 'links', state: links() })
  }, 200)
  socket.on('close', () => clearInterval(timer))
}

export function developmentFeed(): Plugin {
  return {
    name: 'tocsin-development-feed',
    apply: 'serve',
    configureServer(server) {
      const sockets = new WebSocketServer({ noServer: true })
      server.httpServer?.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        const url = new URL(request.url ?? '/', 'http://localhost')
        if (!url.pathname.endsWith('/api/v1/feed')) return
        sockets.handleUpgrade(request, socket, head, (client) => play(client, Number(url.searchParams.get('since'))))
      })
      server.middlewares.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        const url = new URL(request.url ?? '/', 'http://localhost')
        if (!url.pathname.startsWith('/api/v1/')) return next()
        void answer(url, request).then((said) => {
          response.setHeader('Content-Type', 'application/json')
          response.statusCode = said === undefined ? 404 : 200
          response.end(JSON.stringify(said ?? { error: 'no such thing', advice: '' }))
        })
      })
    },
  }
}
