// Ids against node's SHA-256 as the oracle; claims spread and do not collide.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import fc from 'fast-check'
import { claimHash, claimSeed, eventId, projectDigest } from './identity.ts'
import { sha256First16 } from './sha256.ts'

test('the short SHA-256 is SHA-256, whatever the length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
      const room = Buffer.alloc(400)
      room.set(data)
      const out = Buffer.alloc(20)
      sha256First16(room, data.length, out, 3)
      const want = createHash('sha256').update(data).digest().subarray(0, 16)
      assert.deepEqual(out.subarray(3, 19), want)
    }),
  )
})

test('event_id is SHA-256 of project, trace, span and type, and each of them matters', () => {
  const project = projectDigest('t', 'p')
  const bytes = Buffer.from(Array.from({ length: 24 }, (_, i) => i + 1))
  const id = eventId(project, bytes, 0, 16, 'span')
  const want = createHash('sha256')
    .update(Buffer.concat([project, bytes, Buffer.from('span')]))
    .digest()
    .subarray(0, 16)
  assert.deepEqual(id, want)
  const others = [
    eventId(projectDigest('t', 'q'), bytes, 0, 16, 'span'),
    eventId(project, bytes, -1, 16, 'span'),
    eventId(project, bytes, 0, -1, 'span'),
    eventId(project, bytes, 0, 16, 'llm_call'),
  ]
  assert.equal(new Set([id, ...others].map((b) => b.toString('hex'))).size, 5)
})

test('claims of many near-equal ids do not collide', () => {
  const project = projectDigest('t', 'p')
  const seen = new Set<string>()
  const n = 200_000
  for (let i = 0; i < n; i++) {
    const { h0, h1 } = claimOf(project, `chatcmpl-${i.toString(36)}`)
    seen.add(`${h0}:${h1}`)
  }
  assert.equal(seen.size, n)
  const other = claimOf(projectDigest('t', 'q'), 'chatcmpl-1')
  assert.notDeepEqual(claimOf(project, 'chatcmpl-1'), other)
})

test('a claim is of its range alone, to the last byte', () => {
  const project = projectDigest('t', 'p')
  for (const text of ['', 'a', 'abc', 'abcd', 'chatcmpl-1', '応答-1', 'a\u0000']) {
    const claim = claimOf(project, text)
    assert.deepEqual(claimOf(project, text, 'xyz'), claim)
    for (const other of [`${text}0`, `${text}\u0000`, text.slice(0, -1)])
      if (other !== text) assert.notDeepEqual(claimOf(project, other), claim)
  }
})

/** The claim of the text with other bytes around it. */
function claimOf(project: Buffer, text: string, around = '<>'): { h0: number; h1: number } {
  const b = Buffer.from(around + text + around)
  const before = Buffer.byteLength(around)
  const view = new DataView(b.buffer, b.byteOffset, b.length)
  const out = new Int32Array(2)
  claimHash(claimSeed(project), view, before, b.length - 2 * before, out)
  const [h0 = 0, h1 = 0] = out
  return { h0, h1 }
}
