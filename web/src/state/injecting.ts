/** An inject that a controller writes by hand: which fields each kind has, and its text as a scenario has it. Pure. */

import { scenarioSeconds } from '../format/time.ts'

/** What stands in a field; `options` is one to a line, `pair` is two members. */
export type Sort = 'text' | 'long' | 'time' | 'number' | 'options' | 'members' | 'member' | 'pair' | 'role' | 'sensors' | 'launch'

export interface Field {
  /** As a scenario has it; `flight.apogee_km` stands in a table within. */
  name: string
  sort: Sort
  isOptional?: boolean
}

const optional = (name: string, sort: Sort): Field => ({ name, sort, isOptional: true })
const field = (name: string, sort: Sort): Field => ({ name, sort })

/** Fields of every kind but `salvo`, which is written as text. */
export const FIELDS: Readonly<Record<string, readonly Field[]>> = {
  message: [field('sender', 'text'), field('text', 'long'), optional('to', 'members'), optional('role', 'role')],
  decision: [
    field('question', 'long'), field('options', 'options'), optional('to', 'members'), optional('role', 'role'),
    optional('within', 'time'),
  ],
  launch: [field('launch', 'launch')],
  flight: [
    'site_lat_deg', 'site_lon_deg', 'bearing_deg', 'apogee_km', 'distance_km',
  ].map((name) => field(`flight.${name}`, 'number')),
  sensor_outage: [field('sensors', 'sensors'), field('lasting', 'time')],
  false_detections: [field('sensors', 'sensors'), field('per_scan', 'number'), field('lasting', 'time')],
  late_data: [field('member', 'member'), field('delay', 'time'), field('lasting', 'time')],
  link_cut: [field('between', 'pair'), field('lasting', 'time')],
  link_delay: [field('between', 'pair'), field('delay', 'time'), field('lasting', 'time')],
  notice: [
    field('member', 'member'), field('announced_by', 'text'), field('site_lat_deg', 'number'), field('site_lon_deg', 'number'),
    optional('azimuth_deg', 'number'), field('closes', 'time'),
  ],
}

/** Kinds in the order in which they are offered. */
export const KINDS: readonly string[] = [...Object.keys(FIELDS), 'salvo']

export const SALVO = `[[batteries]]
count = 3
every = "0:20"
spread_deg = 4.0
flight = { site_lat_deg = 39.0, site_lon_deg = 125.4, bearing_deg = 95.0, apogee_km = 200.0, distance_km = 900.0 }
`

export interface Written {
  kind: string
  id: string
  title: string
  /** Seconds on the scenario's clock. */
  atS: number
  /** By name of the field. */
  values: Readonly<Record<string, string | readonly string[]>>
}

// A text in JSON is the same text in TOML.
const quoted = JSON.stringify

const tomlOf = (sort: Sort, value: string | readonly string[]): string => {
  if (Array.isArray(value)) return `[${value.map((each) => quoted(each)).join(', ')}]`
  const text = value as string
  if (sort === 'options') return `[${text.split('\n').map((line) => line.trim()).filter(Boolean).map((line) => quoted(line)).join(', ')}]`
  if (sort === 'number' && Number.isFinite(Number(text)) && text.trim()) return String(Number(text))
  if (sort === 'time') return quoted(text.trim())
  return quoted(text)
}

/** The text of an inject, as it stands beneath `[[inject]]` in a scenario; what is left empty is left out. */
export function injectText({ kind, id, title, atS, values }: Written): string {
  const lines = [`id = ${quoted(id.trim())}`, `kind = ${quoted(kind)}`, `at = ${Math.max(0, Math.ceil(atS))}`]
  if (title.trim()) lines.push(`title = ${quoted(title.trim())}`)
  for (const { name, sort } of FIELDS[kind] ?? []) {
    const value = values[name] ?? ''
    if (value.length) lines.push(`${name} = ${tomlOf(sort, value)}`)
  }
  return `${lines.join('\n')}\n`
}

/** Names of the fields that a person has still to fill in, or filled with what is no time or number. */
export function lacking({ kind, id, values }: Written): string[] {
  const wrong = (FIELDS[kind] ?? []).filter(({ name, sort, isOptional }) => {
    const value = values[name] ?? ''
    if (!value.length) return !isOptional
    if (sort === 'time') return scenarioSeconds(value as string) === null
    if (sort === 'number') return !Number.isFinite(Number(value))
    return sort === 'pair' && new Set(value).size !== 2
  })
  return [...(id.trim() ? [] : ['id']), ...wrong.map(({ name }) => name)]
}
