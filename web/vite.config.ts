import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'
import { developmentFeed } from './dev/feed.ts'

// TOCSIN_SERVER=http://127.0.0.1:8600 npm run dev: the page from here, its data from a real member.
const server = process.env['TOCSIN_SERVER']

export default defineConfig({
  base: './',
  plugins: [svelte(), ...(server ? [] : [developmentFeed()])],
  build: {
    outDir: '../src/tocsin/web_dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // nothing inline: the content security policy allows none
    modulePreload: { polyfill: false },
    license: { fileName: 'credits.md' },
  },
  server: server ? { proxy: { '/api': { target: server, ws: true }, '/enter': server } } : {},
  // A busy machine is no fault of what is tested.
  test: { include: ['src/**/*.test.ts'], environment: 'node', testTimeout: 60_000 },
})
