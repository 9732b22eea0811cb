import type { Catalogue } from './en.ts'

/** What records call an object, in the words of src/tocsin/warning/stages.py, and the key of its translation. */
export const LABELS: Record<string, keyof Catalogue> = {
  'ballistic': 'label_ballistic',
  'ballistic, may manoeuvre': 'label_ballistic_low',
  'still accelerating': 'label_accelerating',
  'possible space launch': 'label_space_launch',
  'in orbit or beyond': 'label_orbital',
  'manoeuvring, earlier impact area no longer holds': 'label_manoeuvring',
  'low and level: aircraft or cruise missile, not modelled': 'label_low',
  'not yet classified': 'label_unclear',
}
