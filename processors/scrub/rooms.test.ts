// The rooms of this folder and the direction of their imports. What a room holds is in the README.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const ROOT = import.meta.dirname
/** A room imports what stands before it; `.` is the factory and its configuration. */
const ROOMS = ['value', 'detectors', 'matchers', 'search', 'judge', 'inputs', '.']
/** For tests, generators and benchmarks: nothing of the product may import them. */
const SUPPORT = ['corpus', 'scripts']

const roomOf = (path: string): string =>
  path.includes('/') ? (path.split('/', 1)[0] as string) : '.'

function sources(): string[] {
  const all = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  return all.filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
}

test('every source file is in a room, and no folder has more than twenty', () => {
  const folders = new Map<string, number>()
  for (const path of sources()) folders.set(dirname(path), (folders.get(dirname(path)) ?? 0) + 1)
  const rooms = new Set(sources().map(roomOf))
  assert.deepEqual([...rooms].toSorted(), [...ROOMS, ...SUPPORT].toSorted())
  for (const [folder, count] of folders) assert.ok(count <= 20, `${folder} has ${count} files`)
})

test('imports point to rooms on the left only', () => {
  let seen = 0
  const wrong: string[] = []
  for (const path of sources()) {
    const room = roomOf(path)
    if (SUPPORT.includes(room)) continue
    const text = readFileSync(join(ROOT, path), 'utf8')
    for (const [, to = ''] of text.matchAll(/^(?:import|export|\}) [^'\n]*from '(\.[^']+)'/gm)) {
      const target = relative(ROOT, join(ROOT, dirname(path), to))
      if (target.startsWith('..')) continue
      seen++
      const isLeft = ROOMS.indexOf(roomOf(target)) <= ROOMS.indexOf(room)
      if (!isLeft || SUPPORT.includes(roomOf(target))) wrong.push(`${path} imports ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
  assert.ok(seen > 200, `${seen} imports`)
})
