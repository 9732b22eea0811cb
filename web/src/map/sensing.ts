/** Features of sensors: where they stand, what they cover, where their plots lay. */

import Feature from 'ol/Feature'
import type Geometry from 'ol/geom/Geometry'
import MultiPoint from 'ol/geom/MultiPoint'
import Point from 'ol/geom/Point'
import type { Sensor } from '../api/shapes.ts'
import { reachRing, rimPlaces, sectorRing } from './coverage.ts'
import { point, polygons } from './features.ts'

/** What a style has to know of a feature. */
export interface SensorPart {
  sensor: Sensor
  part: 'reach' | 'coverage' | 'rim' | 'name' | 'site'
}

/** As assessments name it: `JPN:JPN-radar-a`. */
export const sensorName = ({ member, sensor_id }: Sensor): string => `${member}:${sensor_id}`

export function ofSensor(sensor: Sensor): Feature[] {
  const make = (part: SensorPart['part'], geometry: Geometry): Feature => {
    const feature = new Feature(geometry)
    feature.set('sensed', { sensor, part } satisfies SensorPart, true)
    return feature
  }
  const out: Feature[] = []
  const reach = reachRing(sensor)
  if (reach) out.push(make('reach', polygons([reach])))
  if (sensor.coverage) {
    out.push(make('coverage', polygons([sectorRing(sensor, sensor.coverage)])))
    const rim = rimPlaces(sensor, sensor.coverage).map(point)
    out.push(make('rim', new MultiPoint(rim)), make('name', new Point(rim[rim.length - 1] as number[])))
  }
  out.push(make('site', new Point(point([sensor.lon_deg, sensor.lat_deg]))))
  return out
}
