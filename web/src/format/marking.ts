/** The marking of what is shown together. Combining never widens. Pure. */

import type { ScreenMarking, World } from '../api/shapes.ts'

export const PUBLIC = 'PUBLIC'

/** Those who may have both: PUBLIC takes nobody away. */
export function common(a: readonly string[], b: readonly string[]): string[] {
  if (a.includes(PUBLIC)) return [...b]
  if (b.includes(PUBLIC)) return [...a]
  return a.filter((member) => b.includes(member))
}

/** `JPN-KOR-USA`. */
export function audienceWords(audience: readonly string[]): string {
  return [...audience].sort().join('-')
}

export interface Marked {
  audience: readonly string[]
  /** null: it belongs to no world, such as a place of the configuration. */
  world: World | null
  status: string
  synthetic: boolean
  caveats?: readonly string[]
}

/** The marking of a picture and of all that is shown besides. */
export function together(marking: ScreenMarking, besides: Iterable<Marked>): ScreenMarking {
  let audience = [...marking.audience]
  const [caveats, worlds, statuses] = [new Set(marking.caveats), new Set(marking.worlds), new Set(marking.statuses)]
  let hasSynthetic = marking.has_synthetic
  for (const each of besides) {
    audience = common(audience, each.audience)
    if (each.world) {
      worlds.add(each.world)
      statuses.add(each.status)
    }
    hasSynthetic ||= each.synthetic
    for (const caveat of each.caveats ?? []) caveats.add(caveat)
  }
  return {
    audience, caveats: [...caveats].sort(), worlds: [...worlds].sort(), statuses: [...statuses].sort(),
    has_synthetic: hasSynthetic,
  }
}
