// Every link in a document leads to an existing file, and every path in backticks exists. Paths outside the project (of URLs,
// or of a user's files) are recognised by their form or listed below.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { projectFiles, root, textOf } from './source-files.ts'

/** Looks like a path of the project but is not: build output, MCP methods, a part of a URL, a pattern. */
const OTHERS: ReadonlySet<string> = new Set([
  'bench/out/',
  'console/dist/.vite/license.md',
  'tools/call',
  'tools/list',
  'api/webhooks/',
  'NNNN_name.sql',
])
/** Decisions about one component name files relative to its folder. */
const COMPONENTS = ['processors/canonicalize'] as const

const LINKS_MIN = 100
const PATHS_MIN = 200

const files = projectFiles()
const names = new Set(files.map((f) => basename(f)))
const folders = new Set(files.filter((f) => f.includes('/')).map((f) => f.split('/', 1)[0]))
// Guides create files that do not exist yet, and the changelog names files that existed once.
const documents = files.filter(
  (f) => f.endsWith('.md') && !f.startsWith('docs/adding-') && f !== 'CHANGELOG.md',
)
const proseOf = (path: string): string => textOf(path).replaceAll(/^```.*?^```/gms, '')

test('every link of a document leads to a file', () => {
  const dead: string[] = []
  let links = 0
  for (const path of files.filter((f) => f.endsWith('.md'))) {
    for (const [, target = ''] of proseOf(path).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      links++
      if (!existsSync(join(root, dirname(path), target))) dead.push(`${path}: ${target}`)
    }
  }
  assert.ok(links >= LINKS_MIN, `only ${links} links were seen`)
  assert.deepEqual(dead, [])
})

test('every path in backticks in a document exists', () => {
  const dead: string[] = []
  let paths = 0
  for (const path of documents) {
    for (const [, text = ''] of proseOf(path).matchAll(/`([\w.@-]+(?:\/[\w.@-]+)*\/?)`/g)) {
      if (!isPath(text) || OTHERS.has(text)) continue
      paths++
      if (!isThere(path, text)) dead.push(`${path}: ${text}`)
    }
  }
  assert.ok(paths >= PATHS_MIN, `only ${paths} paths were seen`)
  assert.deepEqual(dead, [])
})

/** A source or document by its suffix, or anything below a folder of the project. */
function isPath(text: string): boolean {
  if (/\.(ts|md|sql)$/.test(text)) return true
  return text.includes('/') && folders.has(text.split('/', 1)[0])
}

/** Looks from the root, from the document's folder and from its component's. A name without a folder may be anywhere. */
function isThere(document: string, text: string): boolean {
  const bases = [
    '.',
    dirname(document),
    ...(document.startsWith('docs/decisions/') ? COMPONENTS : []),
  ]
  if (bases.some((base) => existsSync(join(root, base, text)))) return true
  return !text.includes('/') && names.has(text)
}
