// Prints what the browser must load before the first view is usable, and fails above the limit for scripts.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const LIMIT_KB = 250
const out = fileURLToPath(new URL('../../src/tocsin/web_dist/', import.meta.url))

const read = (path) => readFileSync(join(out, path))
const kb = (paths) => paths.reduce((sum, path) => sum + gzipSync(read(path)).length, 0) / 1000

/** What the page itself names, and what it only loads when somebody looks at another view. */
const page = read('index.html').toString()
const assets = readdirSync(join(out, 'assets')).map((name) => `assets/${name}`)
const isFirst = (path) => page.includes(path)
const scripts = kb(assets.filter((path) => path.endsWith('.js') && isFirst(path)))
const styles = kb(assets.filter((path) => path.endsWith('.css') && isFirst(path)))
const later = kb(assets.filter((path) => !isFirst(path)))

console.log(`first view, gzip: scripts ${scripts.toFixed(0)} kB of ${LIMIT_KB}, styles ${styles.toFixed(0)} kB, base map ${kb(['base/land.json']).toFixed(0)} kB; other views ${later.toFixed(0)} kB`)
if (scripts > LIMIT_KB) {
  console.error(`the scripts are larger than ${LIMIT_KB} kB`)
  process.exit(1)
}
