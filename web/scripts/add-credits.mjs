// Adds to the page of licences what is no script: the base map.
import { appendFileSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const here = createRequire(import.meta.url)
const { version } = JSON.parse(readFileSync(here.resolve('world-atlas/package.json'), 'utf8'))
const licence = readFileSync(new URL('../node_modules/world-atlas/LICENSE', import.meta.url), 'utf8')
appendFileSync(
  new URL('../../src/tocsin/web_dist/credits.md', import.meta.url),
  `\n\n## world-atlas - ${version} (ISC)\n\n${licence}\nMade with Natural Earth, which is in the public domain; naturalearthdata.com. It draws boundaries as they are held, which says nothing of whose they are.\n`,
)
