/**
 * What records say in English, in the reader's language. Records hold the words of src/tocsin/warning (stages,
 * classification, announced, grading); what a newer member writes is told as it came.
 */

import type { Catalogue } from './en.ts'

/** Whole texts, and the key of their translation. */
const TEXTS: Record<string, keyof Catalogue> = {
  'ballistic': 'label_ballistic',
  'ballistic, may manoeuvre': 'label_ballistic_low',
  'still accelerating': 'label_accelerating',
  'possible space launch': 'label_space_launch',
  'in orbit or beyond': 'label_orbital',
  'manoeuvring, earlier impact area no longer holds': 'label_manoeuvring',
  'low and level: aircraft or cruise missile, not modelled': 'label_low',
  'not yet classified': 'label_unclear',
  'speed': 'finding_speed',
  'speed beyond aircraft': 'finding_fast',
  'altitude': 'finding_altitude',
  'altitude beyond aircraft': 'finding_high',
  'steep': 'finding_steep',
  'level': 'finding_level',
  'plots in turn, one sensor': 'finding_one_sensor',
  'falls freely, for': 'finding_falls',
  'under thrust': 'finding_thrust',
  'carried, not falling': 'finding_carried',
  'perigee in orbit': 'finding_orbit',
  'perigee near orbit': 'finding_near_orbit',
  'perigee under ground': 'finding_no_orbit',
  'plots fit one motion': 'finding_fits',
  'plots do not fit one motion': 'finding_misfits',
  'as announced: site, direction, window of': 'finding_as_announced',
  'announced, but falls outside the hazard areas; window of': 'finding_not_as_announced',
  "motion like a launch's": 'basis_motion',
  'not yet looked at': 'basis_none',
}

/** Texts with something in them, which is said in the reader's language as well if it can be. */
const FORMS: readonly [RegExp, keyof Catalogue][] = [
  [/^plots in turn, (\d+) sensors$/, 'finding_sensors'],
  [/^sensors of (.+) agree, (\d+) plots each$/, 'basis_agree'],
  [/^confirmed by the longer rule: (\d+) plots, motion like a launch's, P\(ballistic\) ([\d.]+)$/, 'basis_longer'],
  [/^one member's sensors alone, or too few; lacks (.+)$/, 'basis_lacks'],
  [/^(\d+) plots, has (\d+)$/, 'basis_plots'],
  [/^P\(ballistic\) ([\d.]+), has ([\d.]+)$/, 'basis_probability'],
]

/** The text in the words of a catalogue; null: there are none for it. */
export function inWords(said: string, t: Catalogue): string | null {
  const key = Object.hasOwn(TEXTS, said) ? TEXTS[said] : undefined
  if (key) return t[key] as string
  for (const [form, formKey] of FORMS) {
    const found = form.exec(said)
    if (found) return (t[formKey] as (...given: string[]) => string)(...found.slice(1).map((each) => listed(each, t)))
  }
  return null
}

/** What is listed with semicolons, each in words. */
const listed = (said: string, t: Catalogue): string => said.split('; ').map((each) => inWords(each, t) ?? each).join('; ')
