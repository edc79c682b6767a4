// What documents point at is there: every link to a file, and every path in backticks. What a path says of the world
// outside (a URL path, a file that a user has) is left out by its form or named in a list.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { projectFiles, root, textOf } from './source-files.ts'

/** What looks like a path of the project and is none: output that is not committed, methods of MCP, part of a URL, a pattern. */
const OTHERS: ReadonlySet<string> = new Set([
  'bench/out/',
  'tools/call',
  'tools/list',
  'api/webhooks/',
  'NNNN_name.sql',
])
/** Decisions about one component name its files as they are named there. */
const COMPONENTS = ['processors/canonicalize'] as const

const LINKS_MIN = 100
const PATHS_MIN = 200

const files = projectFiles()
const names = new Set(files.map((f) => basename(f)))
const folders = new Set(files.filter((f) => f.includes('/')).map((f) => f.split('/', 1)[0]))
// A guide makes files, and the changelog names what once was there.
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

/** A source or document by its ending, or something below one of the project's own folders. */
function isPath(text: string): boolean {
  if (/\.(ts|md|sql)$/.test(text)) return true
  return text.includes('/') && folders.has(text.split('/', 1)[0])
}

/** From the root, from the document's folder or its component's, or, for a bare name, anywhere. */
function isThere(document: string, text: string): boolean {
  const bases = [
    '.',
    dirname(document),
    ...(document.startsWith('docs/decisions/') ? COMPONENTS : []),
  ]
  if (bases.some((base) => existsSync(join(root, base, text)))) return true
  return !text.includes('/') && names.has(text)
}
