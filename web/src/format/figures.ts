/** Figures with as many digits as they deserve. Pure. */

/** `39°12′N 125°41′E`, to the minute of arc; what is known less well is told by its radius beside it. */
export function place(latDeg: number, lonDeg: number): string {
  return `${angle(latDeg, 2)}${latDeg < 0 ? 'S' : 'N'} ${angle(lonDeg, 3)}${lonDeg < 0 ? 'W' : 'E'}`
}

function angle(deg: number, digits: number): string {
  const minutes = Math.round(Math.abs(deg) * 60)
  return `${String(Math.floor(minutes / 60)).padStart(digits, '0')}°${String(minutes % 60).padStart(2, '0')}′`
}

/** Kilometres: one decimal below 10, none above. */
export function km(value: number): string {
  return Math.abs(value) < 9.95 ? value.toFixed(1) : String(Math.round(value))
}

/** Bearing as three figures, `086°`. */
export function bearing(deg: number): string {
  return `${String(Math.round(((deg % 360) + 360) % 360) % 360).padStart(3, '0')}°`
}

/** `3.4 km/s` or `740 m/s`. */
export function speed(mps: number): string {
  return mps < 1000 ? `${Math.round(mps)} m/s` : `${(mps / 1000).toFixed(2)} km/s`
}

/** Metres, or kilometres from 1 km. */
export function metres(value: number): string {
  return value < 1000 ? `${Math.round(value)} m` : `${km(value / 1000)} km`
}

/** Percent that never says 0 or 100 of what is not certain. */
export function percent(share: number): string {
  const value = share * 100
  if (value > 99 && value < 100) return '>99 %'
  if (value > 0 && value < 1) return '<1 %'
  return `${Math.round(value)} %`
}

export type Likelihood = 'certain' | 'very_likely' | 'likely' | 'even' | 'unlikely' | 'very_unlikely' | 'remote'

/** The word of estimative probability; bounds of ICD 203 (2015), where 95, 80, 55, 45, 20 and 5 percent part them. */
export function likelihood(share: number): Likelihood {
  if (share >= 0.95) return 'certain'
  if (share >= 0.8) return 'very_likely'
  if (share >= 0.55) return 'likely'
  if (share >= 0.45) return 'even'
  if (share >= 0.2) return 'unlikely'
  if (share >= 0.05) return 'very_unlikely'
  return 'remote'
}
