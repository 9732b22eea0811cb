// Prints what the browser must load before the first view is usable, and fails above the limit for scripts.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const LIMIT_KB = 250
const out = fileURLToPath(new URL('../../src/tocsin/web_dist/', import.meta.url))

/** Every file below a folder. */
const filesIn = (folder) =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesIn(path) : [path]
  })
const kb = (ending) =>
  filesIn(out).filter((path) => path.endsWith(ending)).reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0) / 1000

const scripts = kb('.js')
console.log(`first view, gzip: scripts ${scripts.toFixed(0)} kB of ${LIMIT_KB}, styles ${kb('.css').toFixed(0)} kB, base map ${kb('land.json').toFixed(0)} kB`)
if (scripts > LIMIT_KB) {
  console.error(`the scripts are larger than ${LIMIT_KB} kB`)
  process.exit(1)
}
