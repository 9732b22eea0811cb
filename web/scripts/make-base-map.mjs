// Writes public/base/land.json: coasts and boundaries of Natural Earth 1:50m (world-atlas), cut at the antimeridian.
// Without the cut, rings that cross it draw bands across a planar map. It holds no names: whose name a place
// bears is the viewing member's to say.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { geoEquirectangular } from 'd3-geo'
import { geoProject } from 'd3-geo-projection'
import { feature, mesh } from 'topojson-client'

const DECIMALS = 3 // about 100 m, finer than the source

const load = (name) => JSON.parse(readFileSync(createRequire(import.meta.url).resolve(`world-atlas/${name}.json`), 'utf8'))
const planar = () => geoEquirectangular().scale(180 / Math.PI).translate([0, 0]).reflectY(true).precision(0)
const round = (value) => (Array.isArray(value) ? value.map(round) : Number(value.toFixed(DECIMALS)))
const cut = (shape) => {
  const { type, coordinates } = geoProject(shape, planar())
  return { type, coordinates: round(coordinates) }
}
const geometryOf = (shape) => (shape.type === 'FeatureCollection' ? shape.features[0].geometry : shape)

const land = load('land-50m')
const countries = load('countries-50m')
const layers = {
  land: cut(geometryOf(feature(land, land.objects.land))),
  boundaries: cut(mesh(countries, countries.objects.countries, (a, b) => a !== b)),
}
const folder = new URL('../public/base/', import.meta.url)
mkdirSync(folder, { recursive: true })
writeFileSync(new URL('land.json', folder), JSON.stringify(layers))
