/** What a viewer has set for this browser: theme, sound, layers of the map. */

export type Theme = 'dark' | 'light'

const stored = (key: string): string | null => (typeof localStorage === 'undefined' ? null : localStorage.getItem(key))

class Settings {
  #theme = $state<Theme>('dark')
  #hasSound = $state(stored('tocsin.sound') !== 'off')
  #showsSensors = $state(stored('tocsin.sensors') !== 'off')

  #showsLegend = $state(stored('tocsin.legend') !== 'off')

  constructor() {
    if (typeof window === 'undefined') return
    const wanted = stored('tocsin.theme')
    const light = matchMedia('(prefers-color-scheme: light)')
    this.#set(wanted === 'light' || wanted === 'dark' ? wanted : light.matches ? 'light' : 'dark')
    light.addEventListener('change', () => {
      if (!stored('tocsin.theme')) this.#set(light.matches ? 'light' : 'dark')
    })
  }

  get theme(): Theme {
    return this.#theme
  }

  set theme(theme: Theme) {
    localStorage.setItem('tocsin.theme', theme)
    this.#set(theme)
  }

  get hasSound(): boolean {
    return this.#hasSound
  }

  set hasSound(has: boolean) {
    localStorage.setItem('tocsin.sound', has ? 'on' : 'off')
    this.#hasSound = has
  }

  get showsSensors(): boolean {
    return this.#showsSensors
  }

  set showsSensors(shows: boolean) {
    localStorage.setItem('tocsin.sensors', shows ? 'on' : 'off')
    this.#showsSensors = shows
  }

  get showsLegend(): boolean {
    return this.#showsLegend
  }

  set showsLegend(shows: boolean) {
    localStorage.setItem('tocsin.legend', shows ? 'on' : 'off')
    this.#showsLegend = shows
  }

  #set(theme: Theme): void {
    this.#theme = theme
    document.documentElement.dataset['theme'] = theme
  }
}

export const settings = new Settings()
