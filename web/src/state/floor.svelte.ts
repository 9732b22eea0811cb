/** The state of the page: who looks, what the feed told, which moment and which event are looked at. */

import { untrack } from 'svelte'
import type { Alert, Office } from '../api/alert_shapes.ts'
import { isAnswered, Server } from '../api/server.ts'
import type {
  AreaCollection,
  AreaProperties,
  EventItem,
  FeedMessage,
  LinkState,
  Picture,
  RecordItem,
  Role,
  ScreenMarking,
  Sensor,
  Session,
  TrackItem,
} from '../api/shapes.ts'
import { Feed, openSocket } from '../feed/feed.ts'
import { PUBLIC, together, type Marked } from '../format/marking.ts'
import type { Language } from '../i18n/words.svelte.ts'
import { alertsByUrgency, toldBy, waitingOf } from './alerting.ts'
import { ServerClock } from './clock.ts'
import { areaName, byUrgency, merged, names, sensorsKnown, shownKey, type Named } from './reading.ts'
import { settings } from './settings.svelte.ts'

const TICK_MS = 250
const SENSORS_EVERY_MS = 15_000
const RECORDS_KEPT = 500
const RETRY_MS = 2000
const SHOWN_KEPT = 5000

/** What happened, for those who want to hear of it: the sound, the title, the screen reader. */
export type Happening = { event: EventItem; news: 'new' | 'stage' }

type EventNews = Extract<FeedMessage, { say: 'event' }>
/** Views of the page; each has the whole screen but for the banner and the head. */
export type View = 'warning' | 'claims'

const EMPTY: ScreenMarking = { audience: [], caveats: [], worlds: [], statuses: [], has_synthetic: false }
/** Of a screen that nothing stands on yet: whatever comes narrows it. */
const NOTHING: ScreenMarking = { ...EMPTY, audience: [PUBLIC] }

class Floor {
  readonly server = new Server()
  session = $state.raw<Session | null>(null)
  /** The server did not answer when the page began. */
  isUnreachable = $state(false)
  isConnected = $state(false)
  /** When the feed was last heard, by this machine. */
  heardMs = $state(Date.now())
  events = $state.raw<ReadonlyMap<string, EventItem>>(new Map())
  #marking = $state.raw<ScreenMarking>(EMPTY)
  tracks = $state.raw<readonly TrackItem[]>([])
  plots = $state(0)
  links = $state.raw<{ state: LinkState; heardMs: number } | null>(null)
  records = $state.raw<readonly RecordItem[]>([])
  #alerts = $state.raw<ReadonlyMap<string, Alert>>(new Map())
  office = $state.raw<Office | null>(null)
  /** Counts what came of exercises, and new connections: then what is known of them may be old. */
  exerciseNews = $state(0)
  #alertKey = $state<string | null>(null)
  /** Whether somebody looks at alerts: then the map shows whom the message tells. */
  looksAtAlerts = $state(false)
  areas = $state.raw<AreaCollection | null>(null)
  #areaById = $derived(
    new Map<string, AreaProperties>((this.areas?.features ?? []).map(({ properties }) => [properties.id, properties])),
  )
  #sensors = $state.raw<readonly Sensor[]>([])
  view = $state<View>('warning')
  /** The moment that the ledger of claims is looked at of; null: now. */
  ledgerAsOf = $state<string | null>(null)
  /** The picture of another moment than now, if one is looked at. */
  past = $state.raw<Picture | null>(null)
  #selected = $state<string | null>(null)
  /** This machine's time, a few times a second. */
  localMs = $state(Date.now())
  /** When stages were first drawn here, by the server's clock; see `shownKey`. */
  shownAt = $state.raw<ReadonlyMap<string, number>>(new Map())
  /** What panels show besides the picture: it counts for the marking of the screen. */
  #besides = $state.raw<ReadonlyMap<string, readonly Marked[]>>(new Map())
  clock = $state.raw(new ServerClock('live'))

  /** Those that the map and the table show: none if the layer is off, at an earlier time those known then. */
  shownSensors = $derived(settings.showsSensors ? sensorsKnown(this.#sensors, this.past?.at ?? null) : [])
  shownEvents = $derived(byUrgency(this.past ? this.past.events : this.events.values()))
  /** Of what the map shows alone. */
  mapMarking = $derived(together(this.past ? this.past.marking : this.#marking, this.shownSensors))
  #shownBesides = $derived([...this.#besides.values()].flat())
  /** Of the whole screen; the picture is on it in one view alone. */
  marking = $derived(
    this.view === 'warning' ? together(this.mapMarking, this.#shownBesides)
    : this.#shownBesides.length ? together(NOTHING, this.#shownBesides) : EMPTY,
  )
  /** The moment that is looked at in the view on the screen; null: now. */
  notNowAt = $derived(this.view === 'warning' ? (this.past?.at ?? null) : this.ledgerAsOf)
  selected = $derived(
    this.shownEvents.find((event) => names(event).includes(this.#selected ?? '')) ??
      this.shownEvents[0] ??
      null,
  )
  /** Alerts that there are, what waits for people first; of no earlier time than now. */
  alerts = $derived(
    alertsByUrgency((this.office?.alerts ?? []).flatMap((key) => this.#alerts.get(key) ?? []), this.session?.member ?? ''),
  )
  alert = $derived(this.alerts.find(({ key }) => key === this.#alertKey) ?? this.alerts[0] ?? null)
  /** Messages of this member that wait for people now. */
  alertsWaiting = $derived(
    this.alerts
      .filter(({ originator }) => originator === this.session?.member)
      .flatMap((alert) => waitingOf(alert).map((message) => ({ alert, message }))),
  )
  /** Whom the message that is looked at tells what. */
  told = $derived(toldBy(this.looksAtAlerts && !this.past ? this.alert : null))
  /** The time that the picture is of. */
  nowMs = $derived(this.past ? Date.parse(this.past.at) : this.clock.now(this.localMs))
  shownTracks = $derived(this.past ? [] : this.tracks)
  isReplay = $derived(this.session?.mode === 'replay')
  /** The picture may be wrong by now: nothing is heard any more. */
  isStale = $derived(!this.isConnected && this.past === null)
  // In one word, so that what depends on it is not drawn anew with every event that comes.
  #memberWords = $derived(
    [
      ...new Set([
        this.session?.member ?? '',
        ...(this.links?.state.links ?? []).map(({ member }) => member),
        ...[...this.events.values()].flatMap((event) => [...Object.keys(event.members), ...event.audience]),
        ...this.#sensors.map(({ member }) => member),
      ]),
    ]
      .filter((member) => member !== 'PUBLIC')
      .sort()
      .join(' '),
  )
  /** All members that are known here, sorted: their shapes and colours follow from it. */
  members = $derived(this.#memberWords.split(' ').filter((member) => member !== ''))

  #feed: Feed | null = null
  /** Events whose stages were drawn. */
  #noted = new WeakSet<EventItem>()
  #listeners = new Set<(happening: Happening) => void>()
  #asking = false
  #since: EventNews[] = []
  #shownNumber = 0

  /** Whether who is signed in has one of these roles. */
  hasRole(roles: readonly Role[]): boolean {
    return this.session?.user?.roles.some((role) => roles.includes(role)) ?? false
  }

  /** The name of an area for a reader; of one that is not in the list, its id. */
  areaName(id: string, reader: Language): Named {
    const area = this.#areaById.get(id)
    return area ? areaName(area, reader) : { text: id, lang: 'en' }
  }

  onHappening(listener: (happening: Happening) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Begin: ask who looks, and if somebody does, connect. */
  async begin(): Promise<void> {
    setInterval(() => (this.localMs = Date.now()), TICK_MS)
    setInterval(() => this.#feed && void this.#askSensors(), SENSORS_EVERY_MS)
    for (;;) {
      try {
        await this.enter(await this.server.session())
        return
      } catch {
        this.isUnreachable = true
        await new Promise((resume) => setTimeout(resume, RETRY_MS))
      }
    }
  }

  /** Take a session; with a user in it, the picture comes. */
  async enter(session: Session): Promise<void> {
    this.isUnreachable = false
    this.session = session
    if (!session.user || this.#feed) return
    this.clock = new ServerClock(session.mode)
    this.#feed = new Feed(openSocket, {
      take: (message) => this.#take(message),
      anew: () => void this.#askPicture(),
      connected: (is) => this.#connected(is),
      signedOut: () => this.#leave(),
    })
    this.#feed.start()
    await Promise.all([this.#load(() => this.server.areas(), (said) => (this.areas = said)), this.#askSensors()])
  }

  async signOut(): Promise<void> {
    await this.server.signOut()
    this.#leave()
  }

  backToNow(): void {
    if (this.view === 'warning') void this.lookAt(null)
    else this.ledgerAsOf = null
  }

  select(key: string): void {
    this.#selected = key
  }

  /** Look at an alert, and at its event on the map. */
  selectAlert(alert: Alert): void {
    this.#alertKey = alert.key
    this.select(`${alert.status}/${alert.event_id}`)
  }

  /** Stay with an alert, whatever comes. */
  keepAlert({ key }: Alert): void {
    if (untrack(() => this.#alertKey) !== key) this.#alertKey = key
  }

  /** Tell what a panel shows; an empty list when it is gone. */
  showBesides(panel: string, shown: readonly Marked[]): void {
    const before = untrack(() => this.#besides)
    if (shown.length || before.has(panel)) this.#besides = new Map([...before, [panel, shown]])
  }

  /** Look at the picture as it was known then; null: at now again. */
  async lookAt(knownAt: string | null): Promise<void> {
    this.past = knownAt === null ? null : { ...(await this.server.picture(knownAt)), at: knownAt, is_now: false }
  }

  /** What is shown has been drawn: keep when, and tell the server how far this page is. */
  drawn(): void {
    if (this.past) return
    const nowMs = this.clock.now(Date.now())
    const unnoted = this.shownEvents.filter((event) => !this.#noted.has(event))
    for (const event of unnoted) this.#noted.add(event)
    const fresh = unnoted
      .flatMap((event) => Object.values(event.members).map((assessment) => ({ event, assessment })))
      .flatMap(({ event, assessment }) => Object.keys(assessment.times).map((stage) => shownKey(event, assessment, stage)))
      .filter((key) => !this.shownAt.has(key))
    if (fresh.length) this.shownAt = new Map([...this.shownAt, ...fresh.map((key): [string, number] => [key, nowMs])].slice(-SHOWN_KEPT))
    const number = this.#feed?.place.number ?? 0
    if (number > this.#shownNumber) this.#feed?.shown(number)
    this.#shownNumber = number
  }

  #leave(): void {
    this.#feed?.stop()
    this.#feed = null
    this.isConnected = false
    this.session = this.session && { ...this.session, user: null }
    this.events = new Map()
    this.records = this.tracks = []
    this.#besides = new Map()
    this.#alerts = new Map()
    this.office = null
    this.past = this.links = null
  }

  #connected(is: boolean): void {
    this.isConnected = is
    if (is) this.heardMs = Date.now()
  }

  #take(message: FeedMessage): void {
    const localMs = Date.now()
    this.heardMs = localMs
    switch (message.say) {
      case 'hello':
        this.clock.hear(Date.parse(message.at), localMs)
        break
      case 'event':
        if (this.#asking) this.#since.push(message)
        this.#takeEvent(message)
        break
      case 'records':
        this.records = merged(this.records, message.records, RECORDS_KEPT)
        if (message.records.some(({ kind }) => kind.startsWith('exercise.'))) this.exerciseNews += 1
        break
      case 'tracks':
        this.clock.hear(Date.parse(message.at), localMs)
        this.tracks = message.tracks
        this.plots = message.plots
        break
      case 'links':
        this.links = { state: message.state, heardMs: localMs }
        break
      case 'alert':
        this.#alerts = new Map([...this.#alerts, [message.alert.key, message.alert]])
        break
      case 'office':
        this.office = message
    }
  }

  #takeEvent({ event, news, marking }: EventNews): void {
    const events = new Map(this.events)
    const known = events.get(event.key)
    for (const name of names(event)) events.delete(name)
    events.set(event.key, event)
    this.events = events
    this.#marking = marking
    if (!known && news !== 'joined') this.#tell({ event, news: 'new' })
    else if (news === 'stage') this.#tell({ event, news: 'stage' })
    if (news === 'new' || news === 'stage') void this.#askSensors()
  }

  #tell(happening: Happening): void {
    if (happening.news === 'new') {
      // Nobody shall miss it for looking at what is over, or at another time.
      this.past = null
      if (this.selected?.is_closed ?? true) this.#selected = happening.event.key
    }
    for (const listener of this.#listeners) listener(happening)
  }

  /** Ask for the picture and the newest records; what the feed brings meanwhile is put on top. */
  async #askPicture(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    this.exerciseNews += 1
    void this.#askSensors() // what they saw in an exercise goes with it
    this.#since = []
    try {
      const [picture, page] = await Promise.all([this.server.picture(), this.server.records({ limit: 100 })])
      const before = this.events
      this.events = new Map(picture.events.map((event) => [event.key, event]))
      this.#marking = picture.marking
      this.clock.hear(Date.parse(picture.at), Date.now())
      this.records = merged(page.records, this.records.filter(({ order }) => order > (page.records[0]?.order ?? 0)), RECORDS_KEPT)
      for (const news of this.#since.filter(({ number }) => number > picture.number)) this.#takeEvent(news)
      for (const event of this.events.values()) {
        if (!before.has(event.key) && !event.is_closed) this.#tell({ event, news: 'new' })
      }
    } catch (error) {
      if (isAnswered(error) && error.status === 401) this.#leave()
      else setTimeout(() => void this.#askPicture(), RETRY_MS)
    } finally {
      this.#asking = false
    }
  }

  async #askSensors(): Promise<void> {
    await this.#load(() => this.server.sensors(), (said) => (this.#sensors = said))
  }

  /** Ask until it is there; the page works without. */
  async #load<T>(ask: () => Promise<T>, take: (said: T) => void): Promise<void> {
    try {
      take(await ask())
    } catch (error) {
      if (!isAnswered(error)) setTimeout(() => void this.#load(ask, take), RETRY_MS)
    }
  }
}

export const floor = new Floor()
