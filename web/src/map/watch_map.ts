/** The map of the watch floor. The page tells it what there is by `update`; it draws once per animation frame. */

import Feature from 'ol/Feature'
import OlMap from 'ol/Map'
import View from 'ol/View'
import GeoJSON from 'ol/format/GeoJSON'
import Point from 'ol/geom/Point'
import Graticule from 'ol/layer/Graticule'
import VectorLayer from 'ol/layer/Vector'
import VectorImageLayer from 'ol/layer/VectorImage'
import { fromLonLat } from 'ol/proj'
import type RenderEvent from 'ol/render/Event'
import VectorSource from 'ol/source/Vector'
import ScaleLine from 'ol/control/ScaleLine'
import Fill from 'ol/style/Fill'
import Stroke from 'ol/style/Stroke'
import Style from 'ol/style/Style'
import Text from 'ol/style/Text'
import type { AreaCollection, AreaProperties, EventItem, Sensor, TrackItem, World } from '../api/shapes.ts'
import { atRisk, leading } from '../state/reading.ts'
import { extentOf, movePosition, ofEvent, ofPosition, type Drawn } from './features.ts'
import { faded, readPalette, type Palette } from './palette.ts'
import { areaStyle, eventStyle, labelFont, sensorStyle, type AreaState, type Looks } from './styles.ts'

/** What the map shows. */
export interface Frame {
  events: readonly EventItem[]
  tracks: readonly TrackItem[]
  sensors: readonly Sensor[]
  members: readonly string[]
  selected: string | null
  isStale: boolean
  /** Words drawn faintly across the map, so that a picture of it is unmistakable too. */
  watermark: string
  /** Words for the sea between Korea and Japan; empty: none. */
  sea: string
  label(drawn: Drawn): string
  areaName(area: AreaProperties): string
}

interface BaseMap {
  land: object
  boundaries: object
}

const HOME = { centre: [136, 39], zoom: 4.4 }
/** Metres a pixel below which all areas bear their names. */
const NAMES_BELOW_M = 1300
const SENSOR_NAMES_BELOW_M = 900
const LABELLED_EVENTS = 40
/** Room that a label takes. */
const LABEL_PX = 190

const format = new GeoJSON({ featureProjection: 'EPSG:3857' })

export class WatchMap {
  readonly #map: OlMap
  #palette: Palette
  #frame: Frame | null = null
  readonly #land = new VectorSource()
  readonly #boundaries = new VectorSource()
  readonly #areas = new VectorSource()
  readonly #sensors = new VectorSource()
  readonly #events = new VectorSource()
  readonly #positions = new VectorSource()
  readonly #sea = new Feature(new Point(fromLonLat([134.6, 39.6])))
  readonly #drawnEvents = new Map<string, { event: EventItem; features: Feature[] }>()
  readonly #drawnPositions = new Map<string, { event: EventItem; features: ReturnType<typeof ofPosition> }>()
  readonly #areaState = new Map<string, { state: AreaState; world: World }>()
  #fitted = ''
  #follows = true
  /** Called when an event is picked on the map. */
  onPick: (eventKey: string) => void = () => {}

  constructor(private readonly target: HTMLElement) {
    this.#palette = readPalette()
    this.#map = new OlMap({
      target, controls: [new ScaleLine({ units: 'metric', minWidth: 80 })],
      view: new View({ center: fromLonLat(HOME.centre), zoom: HOME.zoom, minZoom: 1.5, maxZoom: 12 }),
    })
    this.setTheme()
    this.#map.on('singleclick', (event) => {
      this.#map.forEachFeatureAtPixel(event.pixel, (feature) => this.#pick(feature as Feature), { hitTolerance: 6 })
    })
    this.#map.on('pointerdrag', () => (this.#follows = false))
    target.addEventListener('wheel', () => (this.#follows = false), { passive: true })
    target.addEventListener('keydown', () => (this.#follows = false))
    this.#map.on('loadend', () => (target.dataset['drawn'] = 'yes'))
  }

  /** Load coasts and boundaries; without them the map still works. */
  async loadBase(address: string): Promise<void> {
    const base = (await (await fetch(address)).json()) as BaseMap
    this.#land.addFeature(new Feature(format.readGeometry(base.land) ?? undefined))
    this.#boundaries.addFeature(new Feature(format.readGeometry(base.boundaries) ?? undefined))
  }

  setAreas(areas: AreaCollection): void {
    this.#areas.clear()
    this.#areas.addFeatures(format.readFeatures(areas))
  }

  /** Take the colours of the theme in force. */
  setTheme(): void {
    this.#palette = readPalette()
    const { land, coast, boundary, graticule, text, halo } = this.#palette
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
        lonLabelStyle: new Text({ font: labelFont(10, 500), textBaseline: 'bottom', fill: new Fill({ color: faded(text, 0.6) }), stroke: new Stroke({ color: halo, width: 2 }) }),
        latLabelStyle: new Text({ font: labelFont(10, 500), textAlign: 'end', fill: new Fill({ color: faded(text, 0.6) }), stroke: new Stroke({ color: halo, width: 2 }) }),
      }),
      new VectorImageLayer({ source: this.#areas, imageRatio: 1.2, style: (feature, resolution) => this.#styleArea(feature as Feature, resolution), declutter: true }),
      new VectorImageLayer({ source: new VectorSource({ features: [this.#sea] }), style: () => this.#styleSea() }),
      new VectorImageLayer({ source: this.#sensors, style: (feature, resolution) => this.#styleSensor(feature as Feature, resolution) }),
      new VectorImageLayer({ source: this.#events, imageRatio: 1.2, style: (feature, resolution) => eventStyle(this.#looks())(feature, resolution) }),
      this.#top(),
    ])
  }

  update(frame: Frame): void {
    const before = this.#frame
    this.#frame = frame
    if (before?.sensors !== frame.sensors) this.#drawSensors(frame.sensors)
    this.#drawEvents(frame)
    this.#drawPositions(frame)
    if (before?.selected !== frame.selected) this.#follows = true
    if (this.#follows) this.#follow(frame)
    this.#map.render()
  }

  /** Style everything anew: a label, the language or the selection changed. */
  refresh(): void {
    for (const source of [this.#areas, this.#events, this.#positions, this.#sensors]) source.changed()
    this.#sea.changed()
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
    return [...this.target.querySelectorAll<HTMLCanvasElement>('.ol-layer canvas, canvas.ol-layer')].map((canvas) => ({
      canvas, opacity: Number(canvas.parentElement?.style.opacity || 1),
    }))
  }

  get background(): string {
    return this.#palette.sea
  }

  end(): void {
    this.#map.setTarget(undefined)
    this.#map.dispose()
  }

  #top(): VectorLayer {
    const layer = new VectorLayer({
      source: this.#positions, style: (feature, resolution) => eventStyle(this.#looks())(feature, resolution),
      updateWhileAnimating: true, updateWhileInteracting: true,
    })
    layer.on('postrender', (event) => this.#drawWatermark(event))
    // An empty layer is not rendered, and the watermark shall be there without events too.
    const anchor = new Feature(new Point(fromLonLat([0, 0])))
    anchor.setStyle(new Style())
    if (!this.#positions.getFeatureById('anchor')) {
      anchor.setId('anchor')
      this.#positions.addFeature(anchor)
    }
    return layer
  }

  #looks(): Looks {
    const frame = this.#frame
    return {
      palette: this.#palette, members: frame?.members ?? [], selected: frame?.selected ?? null,
      isStale: frame?.isStale ?? false,
      label: (drawn) => (frame && frame.events.length <= LABELLED_EVENTS ? frame.label(drawn) : ''),
      isAtRight: (feature) => this.#isAtRight(feature),
    }
  }

  #isAtRight(feature: Feature): boolean {
    const place = (feature.getGeometry() as Point).getCoordinates()
    const [x] = this.#map.getPixelFromCoordinate(place) ?? []
    const [width] = this.#map.getSize() ?? []
    return x !== undefined && width !== undefined && x > width - LABEL_PX
  }

  #styleArea(feature: Feature, resolution: number): Style[] {
    const area = feature.getProperties() as AreaProperties
    const { state, world } = this.#areaState.get(area.id) ?? { state: 'none' as const, world: 'test' as const }
    const showsName = state !== 'none' || (resolution < NAMES_BELOW_M && !area.part_of)
    return areaStyle(this.#looks(), state, world, this.#frame?.areaName(area) ?? area.name_en, showsName)
  }

  #styleSensor(feature: Feature, resolution: number): Style {
    const sensor = feature.get('sensor') as Sensor
    return sensorStyle(this.#looks(), sensor.member, sensor.sensor_id, resolution < SENSOR_NAMES_BELOW_M)
  }

  #styleSea(): Style {
    return new Style({
      text: new Text({
        text: this.#frame?.sea ?? '', font: `italic ${labelFont(12, 500)}`, fill: new Fill({ color: faded(this.#palette.text, 0.55) }),
      }),
    })
  }

  #drawSensors(sensors: readonly Sensor[]): void {
    this.#sensors.clear()
    this.#sensors.addFeatures(
      sensors.map((sensor) => {
        const feature = new Feature(new Point(fromLonLat([sensor.lon_deg, sensor.lat_deg])))
        feature.set('sensor', sensor)
        return feature
      }),
    )
  }

  #drawEvents({ events }: Frame): void {
    const ids = new Set(events.map((event) => event.key))
    let isChanged = false
    for (const [id, drawn] of this.#drawnEvents) {
      if (ids.has(id)) continue
      this.#events.removeFeatures(drawn.features)
      this.#drawnEvents.delete(id)
      isChanged = true
    }
    for (const event of events) {
      const drawn = this.#drawnEvents.get(event.key)
      if (drawn?.event === event) continue
      if (drawn) this.#events.removeFeatures(drawn.features)
      const features = ofEvent(event)
      this.#events.addFeatures(features)
      this.#drawnEvents.set(event.key, { event, features })
      isChanged = true
    }
    if (isChanged) this.#markAreas(events)
  }

  #markAreas(events: readonly EventItem[]): void {
    this.#areaState.clear()
    // Closed events warn of nothing any more.
    for (const event of events.filter((each) => !each.is_closed)) {
      const assessment = leading(event)
      for (const { area } of assessment?.overflown ?? []) {
        if (!this.#areaState.has(area)) this.#areaState.set(area, { state: 'overflown', world: event.world })
      }
      for (const { area } of assessment ? atRisk(assessment) : []) {
        const known = this.#areaState.get(area)
        if (known?.state !== 'risk' || event.world === 'actual') this.#areaState.set(area, { state: 'risk', world: event.world })
      }
    }
    this.#areas.changed()
  }

  #drawPositions({ events, tracks }: Frame): void {
    const newest = new Map(tracks.map((track) => [track.key, track]))
    const ids = new Set<string>()
    for (const event of events) {
      const place = newest.get(event.key) ?? leading(event)?.track
      if (event.is_closed || !place) continue
      ids.add(event.key)
      const drawn = this.#drawnPositions.get(event.key)
      if (drawn && drawn.event.leading === event.leading) {
        movePosition(drawn.features, place)
      } else {
        if (drawn) this.#positions.removeFeatures([drawn.features.sigma, drawn.features.position])
        const features = ofPosition(event, place)
        this.#positions.addFeatures([features.sigma, features.position])
        this.#drawnPositions.set(event.key, { event, features })
      }
    }
    for (const [id, { features }] of this.#drawnPositions) {
      if (ids.has(id)) continue
      this.#positions.removeFeatures([features.sigma, features.position])
      this.#drawnPositions.delete(id)
    }
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

  #pick(feature: Feature): boolean {
    const drawn = feature.get('drawn') as Drawn | undefined
    if (!drawn) return false
    this.onPick(drawn.eventKey)
    return true
  }

  #drawWatermark(event: RenderEvent): void {
    const words = this.#frame?.watermark
    const context = event.context
    if (!words || !(context instanceof CanvasRenderingContext2D)) return
    const ratio = event.frameState?.pixelRatio ?? 1
    const [width, height] = [context.canvas.width, context.canvas.height]
    context.save()
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.translate(width / 2, height / 2)
    context.rotate(-Math.PI / 9)
    context.font = labelFont(30 * ratio, 800)
    context.fillStyle = faded(this.#palette.text, 0.055)
    context.textAlign = 'center'
    const step = { x: context.measureText(words).width + 120 * ratio, y: 170 * ratio }
    const reach = Math.hypot(width, height) / 2
    for (let y = -reach, row = 0; y < reach + step.y; y += step.y, row += 1) {
      for (let x = -reach - (row % 2 ? step.x / 2 : 0); x < reach + step.x; x += step.x) context.fillText(words, x, y)
    }
    context.restore()
  }
}
