/** The map of the watch floor. The page tells it what there is by `update`; it draws once per animation frame. */

import Feature from 'ol/Feature'
import OlMap from 'ol/Map'
import View from 'ol/View'
import GeoJSON from 'ol/format/GeoJSON'
import Point from 'ol/geom/Point'
import Graticule from 'ol/layer/Graticule'
import VectorImageLayer from 'ol/layer/VectorImage'
import { createEmpty, extend, isEmpty } from 'ol/extent'
import { fromLonLat } from 'ol/proj'
import VectorSource from 'ol/source/Vector'
import ScaleLine from 'ol/control/ScaleLine'
import Fill from 'ol/style/Fill'
import Stroke from 'ol/style/Stroke'
import Style from 'ol/style/Style'
import Text from 'ol/style/Text'
import type { AreaCollection, AreaProperties, EventItem, Sensor, TrackItem, World } from '../api/shapes.ts'
import type { Told } from '../state/alerting.ts'
import { atRisk, leading } from '../state/reading.ts'
import { extentOf, marksOf, ofEvent, type Drawn } from './features.ts'
import { Overlay, type Content, type Mark } from './overlay.ts'
import { faded, readPalette, readScale, type Palette } from './palette.ts'
import type { Place } from './places.ts'
import { ofSensor, sensorName, type SensorPart } from './sensing.ts'
import { areaStyle, eventStyle, forgetStyles, labelFont, placeStyle, sensorStyle, type AreaState, type Looks } from './styles.ts'

/** What the map shows. */
export interface Frame {
  events: readonly EventItem[]
  tracks: readonly TrackItem[]
  /** None: the layer is switched off. */
  sensors: readonly Sensor[]
  members: readonly string[]
  selected: string | null
  /** Areas that a message to the public tells of a risk, and of its end. */
  told: Told
  isStale: boolean
  /** Words drawn faintly across the map, so that a picture of it is unmistakable too. */
  watermark: string
  /** What neighbours name differently, in the words of the viewing member. */
  places: readonly Place[]
  label(mark: Mark): string
  areaName(area: AreaProperties): string
  coverageName(sensorId: string): string
}

export type BesidesStyle = (feature: Feature, looks: Looks) => Style[]

type AreaStates = Map<string, { state: AreaState; world: World }>

interface BaseMap {
  land: object
  boundaries: object
}

const HOME = { centre: [136, 39], zoom: 4.4 }
/** Metres a pixel below which all areas bear their names. */
const NAMES_BELOW_M = 1300
const SMALL_NAMES_BELOW_M = 2500
const SENSOR_NAMES_BELOW_M = 900
const LABELLED_EVENTS = 40
/**
 * Beyond so many events those that are not selected are drawn plainly, and what is neither new nor in another stage is
 * drawn anew …
 */
const MANY_EVENTS = 50
/** … no more often than this. */
const MANY_EVERY_MS = 500

const format = new GeoJSON({ featureProjection: 'EPSG:3857' })

export class WatchMap {
  readonly #map: OlMap
  readonly #overlay: Overlay
  #palette: Palette
  #frame: Frame | null = null
  #marks: Mark[] = []
  readonly #land = new VectorSource()
  readonly #boundaries = new VectorSource()
  readonly #areas = new VectorSource()
  readonly #sensors = new VectorSource()
  readonly #places = new VectorSource()
  readonly #events = new VectorSource()
  readonly #besides = new VectorSource()
  #styleBesides: BesidesStyle = () => []
  readonly #drawnEvents = new Map<string, { event: EventItem; isPlain: boolean; features: Feature[] }>()
  #areaState: AreaStates = new Map()
  #contributing: ReadonlySet<string> = new Set()
  #drawnAt = 0
  #later: ReturnType<typeof setTimeout> | undefined
  #fitted = ''
  #follows = true
  /** Called when an event, or what stands besides, is picked on the map. */
  onPick: (key: string) => void = () => {}

  constructor(private readonly target: HTMLElement) {
    this.#palette = readPalette()
    this.#map = new OlMap({
      target, controls: [new ScaleLine({ units: 'metric', minWidth: 80 })],
      view: new View({ center: fromLonLat(HOME.centre), zoom: HOME.zoom, minZoom: 1.5, maxZoom: 12 }),
    })
    this.#overlay = new Overlay(this.#map, () => this.#content())
    readScale()
    this.setTheme()
    this.#map.on('change:size', () => this.#resized())
    this.#map.on('singleclick', ({ pixel }) => this.#pick(pixel))
    this.#map.on('pointerdrag', () => (this.#follows = false))
    target.addEventListener('wheel', () => (this.#follows = false), { passive: true })
    target.addEventListener('keydown', () => (this.#follows = false))
  }

  /** Load coasts and boundaries; without them the map still works. */
  async loadBase(address: string): Promise<void> {
    const base = (await (await fetch(address)).json()) as BaseMap
    this.#land.addFeature(new Feature(format.readGeometry(base.land) ?? undefined))
    this.#boundaries.addFeature(new Feature(format.readGeometry(base.boundaries) ?? undefined))
    this.#map.once('rendercomplete', () => (this.target.dataset['drawn'] = 'yes'))
  }

  setAreas(areas: AreaCollection): void {
    this.#areas.clear()
    this.#areas.addFeatures(format.readFeatures(areas))
  }

  /** Take the colours of the theme in force. */
  setTheme(): void {
    forgetStyles()
    this.#palette = readPalette()
    const { land, coast, boundary, graticule, text, halo } = this.#palette
    const figures = { font: labelFont(10, 500), fill: new Fill({ color: faded(text, 0.6) }), stroke: new Stroke({ color: halo, width: 2 }) }
    this.#map.setLayers([
      new VectorImageLayer({
        source: this.#land, imageRatio: 1.5,
        style: new Style({ fill: new Fill({ color: land }), stroke: new Stroke({ color: coast, width: 0.8 }) }),
      }),
      new VectorImageLayer({
        source: this.#boundaries, imageRatio: 1.5,
        style: new Style({ stroke: new Stroke({ color: boundary, width: 0.8, lineDash: [3, 3] }) }),
      }),
      new Graticule({
        strokeStyle: new Stroke({ color: graticule, width: 0.6 }), showLabels: true, wrapX: true, targetSize: 140,
        lonLabelPosition: 0.02, latLabelPosition: 0.995,
        lonLabelStyle: new Text({ ...figures, textBaseline: 'bottom' }), latLabelStyle: new Text({ ...figures, textAlign: 'end' }),
      }),
      new VectorImageLayer({ source: this.#areas, imageRatio: 1.2, style: (feature, resolution) => this.#styleArea(feature as Feature, resolution), declutter: true }),
      new VectorImageLayer({ source: this.#places, style: (feature, resolution) => this.#stylePlace(feature as Feature, resolution) }),
      new VectorImageLayer({ source: this.#sensors, imageRatio: 1.2, style: (feature, resolution) => this.#styleSensor(feature as Feature, resolution) }),
      new VectorImageLayer({ source: this.#besides, imageRatio: 1.2, declutter: true, style: (feature) => this.#styleBesides(feature as Feature, this.#looks()) }),
      new VectorImageLayer({ source: this.#events, imageRatio: 1.2, style: (feature) => eventStyle(this.#looks())(feature) }),
    ])
    this.#overlay.forget()
  }

  update(frame: Frame): void {
    const before = this.#frame
    this.#frame = frame
    if (before?.sensors !== frame.sensors) this.#replace(this.#sensors, frame.sensors.flatMap(ofSensor))
    if (before?.told !== frame.told) this.#areas.changed()
    if (before?.places !== frame.places) this.#replace(this.#places, frame.places.map(ofPlace))
    const isOther = before?.selected !== frame.selected
    const isChanged = isOther || before.events !== frame.events
    if (isChanged) this.#drawEvents(frame, isOther)
    const newest = new Map(frame.tracks.map((track) => [track.key, track]))
    this.#marks = frame.events.flatMap((event) => marksOf(event, newest.get(event.key)))
    if (isOther) this.#follows = true
    if (this.#follows && (isChanged || this.#fitted === '')) this.#follow(frame)
    this.#overlay.due()
  }

  /** Style everything anew: the language, the members or the connection changed. */
  refresh(): void {
    for (const source of [this.#areas, this.#events, this.#sensors]) source.changed()
    this.#overlay.due()
  }

  /** Draw what another view has besides events; a feature's `pick` is told to `onPick`. */
  setBesides(features: Feature[], style: BesidesStyle): void {
    this.#styleBesides = style
    this.#replace(this.#besides, features)
  }

  /** Show all of what `setBesides` drew, or a part of it. */
  fitBesides(part: (feature: Feature) => boolean = () => true): void {
    const extent = createEmpty()
    for (const feature of this.#besides.getFeatures().filter(part)) extend(extent, feature.getGeometry()?.getExtent() ?? [])
    if (!isEmpty(extent)) this.#map.getView().fit(extent, { padding: [60, 60, 60, 60], maxZoom: 8 })
  }

  /** Let the countdowns go on. */
  tick(): void {
    this.#overlay.due()
  }

  /** Show the whole of the selected event, and follow it from now on. */
  fit(): void {
    this.#follows = true
    this.#fitted = ''
    if (this.#frame) this.#follow(this.#frame)
  }

  zoomBy(steps: number): void {
    this.#follows = false
    const view = this.#map.getView()
    view.animate({ zoom: (view.getZoom() ?? HOME.zoom) + steps, duration: 150 })
  }

  /** The canvases as they are drawn now, bottom first, with their places in the picture. */
  canvases(): { canvas: HTMLCanvasElement; opacity: number }[] {
    return [...this.target.querySelectorAll<HTMLCanvasElement>('.ol-layer canvas, canvas.ol-layer, canvas.overlay')].map((canvas) => ({
      canvas, opacity: Number(canvas.parentElement?.style.opacity || 1),
    }))
  }

  get background(): string {
    return this.#palette.sea
  }

  end(): void {
    clearTimeout(this.#later)
    this.#map.setTarget(undefined)
    this.#map.dispose()
  }

  #resized(): void {
    if (readScale()) this.setTheme()
    if (this.#follows && this.#frame) this.#follow(this.#frame)
  }

  #looks(): Looks {
    const frame = this.#frame
    return {
      palette: this.#palette, members: frame?.members ?? [], selected: frame?.selected ?? null, isStale: frame?.isStale ?? false,
    }
  }

  #content(): Content {
    const frame = this.#frame
    return {
      ...this.#looks(), marks: this.#marks, watermark: frame?.watermark ?? '',
      label: (mark) => (frame && frame.events.length <= LABELLED_EVENTS ? frame.label(mark) : ''),
    }
  }

  #styleArea(feature: Feature, resolution: number): Style[] {
    const area = feature.getProperties() as AreaProperties
    const { state, world } = this.#areaState.get(area.id) ?? { state: 'none' as const, world: 'test' as const }
    const told = this.#frame?.told.areas.has(area.id) ? 'risk' : this.#frame?.told.freed.has(area.id) ? 'freed' : null
    const showsName = state !== 'none' || told !== null || (resolution < NAMES_BELOW_M && !area.part_of)
    return areaStyle(this.#looks(), state, world, this.#frame?.areaName(area) ?? area.name_en, showsName, told)
  }

  #styleSensor(feature: Feature, resolution: number): Style {
    const sensed = feature.get('sensed') as SensorPart
    const isContributing = this.#contributing.has(sensorName(sensed.sensor))
    const name = sensed.part === 'name' ? this.#frame?.coverageName(sensed.sensor.sensor_id) : sensed.sensor.sensor_id
    return sensorStyle(this.#looks(), sensed, isContributing, resolution < SENSOR_NAMES_BELOW_M, name ?? '')
  }

  #stylePlace(feature: Feature, resolution: number): Style | undefined {
    const place = feature.get('place') as Place
    return place.isSea || resolution < SMALL_NAMES_BELOW_M ? placeStyle(this.#looks(), place) : undefined
  }

  #replace(source: VectorSource, features: Feature[]): void {
    source.clear(true)
    source.addFeatures(features)
  }

  #drawEvents(frame: Frame, isOtherSelected: boolean): void {
    clearTimeout(this.#later)
    const wait = frame.events.length > MANY_EVENTS && !isOtherSelected && !this.#hasNews(frame.events)
      ? this.#drawnAt + MANY_EVERY_MS - performance.now() : 0
    if (wait > 0) {
      this.#later = setTimeout(() => this.#frame && this.#drawEvents(this.#frame, false), wait)
      return
    }
    this.#drawnAt = performance.now()
    const ids = new Set(frame.events.map((event) => event.key))
    const [gone, come] = [[] as Feature[], [] as Feature[]]
    for (const [id, drawn] of this.#drawnEvents) {
      if (ids.has(id)) continue
      gone.push(...drawn.features)
      this.#drawnEvents.delete(id)
    }
    for (const event of frame.events) {
      const drawn = this.#drawnEvents.get(event.key)
      const isPlain = frame.events.length > MANY_EVENTS && event.key !== frame.selected
      if (drawn?.event === event && drawn.isPlain === isPlain) continue
      if (drawn) gone.push(...drawn.features)
      const features = ofEvent(event, isPlain)
      come.push(...features)
      this.#drawnEvents.set(event.key, { event, isPlain, features })
    }
    if (gone.length) this.#events.removeFeatures(gone)
    if (come.length) this.#events.addFeatures(come)
    if (isOtherSelected) this.#events.changed()
    this.#markAreas(frame.events)
    this.#markSensors(frame)
  }

  /** Whether an event is there or gone, or in another stage, since it was last drawn. */
  #hasNews(events: readonly EventItem[]): boolean {
    return events.length !== this.#drawnEvents.size || events.some((event) => {
      const drawn = this.#drawnEvents.get(event.key)?.event
      return drawn !== event && (!drawn || drawn.is_closed !== event.is_closed || leading(drawn)?.stage !== leading(event)?.stage)
    })
  }

  #markAreas(events: readonly EventItem[]): void {
    const marked: AreaStates = new Map()
    // Closed events warn of nothing any more.
    for (const event of events.filter((each) => !each.is_closed)) {
      const assessment = leading(event)
      for (const { area } of assessment?.overflown ?? []) {
        if (!marked.has(area)) marked.set(area, { state: 'overflown', world: event.world })
      }
      for (const { area } of assessment ? atRisk(assessment) : []) {
        const known = marked.get(area)
        if (known?.state !== 'risk' || event.world === 'actual') marked.set(area, { state: 'risk', world: event.world })
      }
    }
    if (JSON.stringify([...marked]) === JSON.stringify([...this.#areaState])) return
    this.#areaState = marked
    this.#areas.changed()
  }

  /** Sensors that the shown assessment rests on stand out. */
  #markSensors(frame: Frame): void {
    const event = frame.events.find(({ key }) => key === frame.selected)
    const contributing = new Set(event && leading(event)?.sensors)
    if (contributing.size === this.#contributing.size && [...contributing].every((name) => this.#contributing.has(name))) return
    this.#contributing = contributing
    this.#sensors.changed()
  }

  /** Fit to the selected event when it is another one or has grown beyond what is seen. */
  #follow(frame: Frame): void {
    const event = frame.events.find(({ key: id }) => id === frame.selected)
    const extent = event ? extentOf(event) : null
    const size = this.#map.getSize()
    if (!event || !extent || !size) return
    const state = `${event.key}/${leading(event)?.impact ? 'impact' : 'none'}/${size.join('x')}`
    const [west, south, east, north] = this.#map.getView().calculateExtent(size) as [number, number, number, number]
    const isSeen = extent[0] > west && extent[1] > south && extent[2] < east && extent[3] < north
    if (isSeen && state === this.#fitted) return
    const isFirst = this.#fitted === ''
    this.#fitted = state
    const side = Math.max(40, Math.min(size[0] ?? 0, size[1] ?? 0) * 0.14)
    this.#map.getView().fit(extent, { size, padding: [side, side * 1.6, side * 1.2, side], maxZoom: 7, duration: isFirst ? 0 : 300 })
  }

  #pick(pixel: number[]): void {
    const near = this.#overlay.pick(pixel)
    if (near) this.onPick(near)
    else this.#map.forEachFeatureAtPixel(pixel, (feature) => {
      const picked = (feature.get('drawn') as Drawn | undefined)?.eventKey ?? (feature.get('pick') as string | undefined)
      if (picked !== undefined) this.onPick(picked)
      return picked !== undefined
    }, { hitTolerance: 6 })
  }
}

function ofPlace(place: Place): Feature {
  const feature = new Feature(new Point(fromLonLat(place.at)))
  feature.set('place', place, true)
  return feature
}
