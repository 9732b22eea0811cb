/** Axes for small drawings. Pure. */

/** A linear map from values to pixels. */
export function linear(from: [number, number], to: [number, number]): (value: number) => number {
  const span = from[1] - from[0] || 1
  return (value) => to[0] + ((value - from[0]) / span) * (to[1] - to[0])
}

/** Round values from 0 to a maximum, about `count` of them, in steps of 1, 2 or 5 times a power of ten. */
export function ticks(most: number, count = 4): number[] {
  if (!(most > 0)) return [0]
  const rough = most / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10)
  const out: number[] = []
  for (let i = 0; i * step <= most * (1 + 1e-9); i += 1) out.push(Number((i * step).toPrecision(12)))
  return out
}

/**
 * Places for labels along a line, each as near to where it belongs as the others allow, none over another.
 *
 * @param wanted middles, ascending
 * @param widths of the labels
 * @param within where the line begins and ends
 */
export function spread(wanted: readonly number[], widths: readonly number[], within: [number, number], gap = 6): number[] {
  const out: number[] = []
  let edge = within[0] - gap
  wanted.forEach((middle, i) => {
    const half = (widths[i] ?? 0) / 2
    out.push(Math.max(middle, edge + gap + half))
    edge = (out[i] as number) + half
  })
  edge = within[1] + gap
  for (let i = out.length - 1; i >= 0; i -= 1) {
    const half = (widths[i] ?? 0) / 2
    out[i] = Math.min(out[i] as number, edge - gap - half)
    edge = (out[i] as number) - half
  }
  return out
}
