// How the console is built: hashed files with relative addresses, so that it works behind any path prefix, and nothing that a
// strict Content-Security-Policy forbids: no inline script, no inlined asset, no polyfill that is injected.

import { join } from 'node:path'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  // The compiler would otherwise read the project's tsconfig, which is that of the server.
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: join(import.meta.dirname, 'dist'),
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    license: true,
    sourcemap: false,
  },
  // Scripts of our own origin need no CORS, and with it browsers send an Origin that a proxy may have made wrong.
  plugins: [
    { name: 'same-origin', transformIndexHtml: (page) => page.replaceAll(' crossorigin', '') },
  ],
  logLevel: 'warn',
})
