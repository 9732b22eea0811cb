import { describe, expect, it } from 'vitest'
import type { Asked, Board, Standing } from '../api/exercise_shapes.ts'
import { clockOf, isOpen, openOf, unreadOf } from './drilling.ts'
import { injectText, lacking, FIELDS } from './injecting.ts'
import { en } from '../i18n/en.ts'

const exercise: Standing = {
  id: 'bell-1', status: 'exercise:bell-1', name: 'Bell', state: 'running', director: 'JPN', members: ['JPN', 'KOR'],
  consents: { JPN: 'consent', KOR: 'consent' }, is_agreed: true, digest: '0', starts_at: '2026-03-01T06:00:00Z',
  at_s: 60, as_of: '2026-03-01T06:01:00Z', speed: 1, ends_s: 3600, ended_by: '', ended_at: null,
}
const asked: Asked = {
  inject: 'go', at: '2026-03-01T06:00:30Z', to: ['KOR'], role: 'watch_officer', question: 'Go?', options: ['yes', 'no'],
  until_s: 120, taken: [],
}
const taken = { at: '', choice: 'yes', text: '', by: { role: 'watch_officer', pseudonym: 'WO-1' } } as const

describe('the clock of an exercise', () => {
  const laterMs = Date.parse('2026-03-01T06:01:30Z')
  it('goes on while it runs, and stands while it does not', () => {
    expect(clockOf(exercise, laterMs)).toBe(90)
    expect(clockOf({ ...exercise, state: 'paused' }, laterMs)).toBe(60)
    expect(clockOf({ ...exercise, state: 'over' }, laterMs)).toBe(60)
    expect(clockOf(exercise, laterMs - 60_000)).toBe(60) // this machine's clock is behind
  })
})

describe('a decision that is asked', () => {
  it('waits for those of the role and the member, until somebody there takes it', () => {
    expect(isOpen(asked, 'KOR', ['watch_officer'])).toBe(true)
    expect(isOpen(asked, 'KOR', ['analyst'])).toBe(false)
    expect(isOpen(asked, 'JPN', ['watch_officer'])).toBe(false)
    expect(isOpen({ ...asked, taken: [{ ...taken, member: 'KOR' }] }, 'KOR', ['watch_officer'])).toBe(false)
    expect(isOpen({ ...asked, to: [], role: '', taken: [{ ...taken, member: 'KOR' }] }, 'JPN', ['analyst'])).toBe(true)
  })
  it('waits for nobody once the exercise is over, or where the member is not part of it', () => {
    const board: Board = { exercise, messages: [], decisions: [asked], summary: '', objectives: [], injects: null }
    expect(openOf(board, 'KOR', ['watch_officer'])).toEqual([asked])
    expect(openOf({ ...board, exercise: { ...exercise, state: 'over' } }, 'KOR', ['watch_officer'])).toEqual([])
    expect(openOf({ ...board, exercise: { ...exercise, consents: { KOR: 'withdraw' } } }, 'KOR', ['watch_officer'])).toEqual([])
  })
})

describe('a message', () => {
  it('is unread until it was on the screen, while the exercise is played', () => {
    const said = { at: '2026-03-01T06:00:30Z', originator: 'JPN', record: 'r-1', sender: 'control', to: [], role: '', text: 'Hello', by: null } as const
    const board: Board = { exercise, messages: [{ ...said, to: [] }], decisions: [], summary: '', objectives: [], injects: null }
    expect(unreadOf(board, '', 'JPN').length).toBe(1)
    expect(unreadOf(board, said.at, 'JPN')).toEqual([])
    const own = { ...board, messages: [{ ...said, to: [], by: { role: 'analyst', pseudonym: 'A-1' } as const }] }
    expect([unreadOf(own, '', 'JPN').length, unreadOf(own, '', 'KOR').length]).toEqual([0, 1])
    expect(unreadOf({ ...board, exercise: { ...exercise, state: 'over' } }, '', 'KOR')).toEqual([])
  })
})

describe('an inject by hand', () => {
  const written = { kind: 'decision', id: 'go', title: 'Say "go"', atS: 89.2, values: { question: 'Go?\nReally?', options: 'yes\n no \n', to: ['KOR'], within: '1:30' } }
  it('is written as a scenario has it', () => {
    expect(injectText(written)).toBe(
      'id = "go"\nkind = "decision"\nat = 90\ntitle = "Say \\"go\\""\nquestion = "Go?\\nReally?"\noptions = ["yes", "no"]\nto = ["KOR"]\nwithin = "1:30"\n',
    )
    expect(injectText({ kind: 'flight', id: 'f', title: '', atS: 0, values: { 'flight.apogee_km': '200' } })).toContain('flight.apogee_km = 200\n')
  })
  it('tells what it lacks', () => {
    expect(lacking(written)).toEqual([])
    expect(lacking({ ...written, id: ' ', values: { options: 'yes', within: 'soon' } })).toEqual(['id', 'question', 'within'])
    expect(lacking({ kind: 'link_cut', id: 'cut', title: '', atS: 0, values: { between: ['KOR'], lasting: '60' } })).toEqual(['between'])
  })
  it('has a word for every kind and every field', () => {
    const names = Object.entries(FIELDS).flatMap(([kind, fields]) => [`inject_${kind}`, ...fields.map(({ name }) => `field_${name.replaceAll('.', '_')}`)])
    expect(names.filter((name) => !(name in en))).toEqual([])
  })
})
