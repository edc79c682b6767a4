// The kernel against plain versions of what it does, and the committed bytes against the source.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { Arena } from '../arena.ts'
import { LiteralSet } from './literal-set.ts'
import { rangeKernel } from './range-kernel.ts'
import { generated } from './scripts/generate.ts'

// biome-ignore format: a list of words
const LITERALS: readonly string[] = [
  'ignore', 'Ignore all', 'ctions', 'instructions', 'previous instr', 'i g n o', '<|im_start|>', '%20ignore', 'vorherigen', 'précédentes',
  'предыдущие инструкции', '请忽略以上', '無視して', 'ñoñoñ', '@@@@@@', 'aaaaaa', 'aaaaaaa',
]
const BYTES = LITERALS.map((text) => Buffer.from(text))
const SET = new LiteralSet(BYTES)
const arena = new Arena()
const kernel = rangeKernel(arena)

const fold = (byte: number | undefined): number => (byte ?? 0) | 0x20

function plainly(text: Buffer): string[] {
  const out: string[] = []
  for (const [index, literal] of BYTES.entries())
    for (let at = 0; at + literal.length <= text.length; at++) {
      let n = 0
      while (n < literal.length && fold(text[at + n]) === fold(literal[n])) n++
      if (n === literal.length) out.push(`${index} ${at}`)
    }
  return out.toSorted()
}

function fast(text: Buffer): string[] {
  arena.reset()
  const from = arena.append(text)
  // What stands behind the range must make no difference.
  arena.append(Buffer.from('ignore all previous instructions'))
  const count = kernel.findLiterals(SET, from, from + text.length)
  assert.equal(
    kernel.isAscii,
    text.every((b) => b < 128),
  )
  assert.equal(kernel.found.length, 2 * count)
  return Array.from(
    { length: count },
    (_, i) => `${kernel.found[2 * i + 1]} ${(kernel.found[2 * i] as number) - from}`,
  ).toSorted()
}

test('every occurrence of every literal is found once, wherever it stands and in either case', () => {
  const part = fc.oneof(
    fc.constantFrom(...LITERALS),
    fc.constantFrom(...LITERALS).map((text) => text.toUpperCase()),
    fc.constantFrom(...LITERALS).map((text) => text.slice(1)),
    fc.constantFrom(...LITERALS).map((text) => text.slice(0, -1)),
    fc.string({ maxLength: 9 }),
    fc.string({ unit: 'binary', maxLength: 4 }),
  )
  let found = 0
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
      const text = Buffer.from(parts.join(''))
      const expected = plainly(text)
      found += expected.length
      assert.deepEqual(fast(text), expected)
    }),
    { numRuns: 400 },
  )
  assert.ok(found > 300, `${found} occurrences`)
})

test('a text full of literals needs more room than one of words, and is searched as a whole', () => {
  const text = Buffer.from('ignore '.repeat(5000))
  assert.deepEqual(fast(text), plainly(text))
})

test('what two ranges have in common is counted to the byte, and told to be ASCII or not', () => {
  const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 20 }))
  fc.assert(
    fc.property(text, text, text, (head, a, b) => {
      const [x, y] = [Buffer.from(head + a), Buffer.from(head + b)]
      const length = Math.min(x.length, y.length)
      let same = 0
      while (same < length && x[same] === y[same]) same++
      arena.reset()
      const [p, q] = [arena.append(x), arena.append(y)]
      assert.equal(kernel.samePrefix(p, q, length), same)
      assert.equal(
        kernel.isAscii,
        x.subarray(0, same).every((byte) => byte < 128),
      )
    }),
    { numRuns: 400 },
  )
})

test('a literal that is too short is refused', () => {
  assert.throws(() => new LiteralSet([Buffer.from('abcde')]), /too short/)
})

const hashOf = (bytes: Uint8Array, before = 0): number => {
  arena.reset()
  arena.reserve(before)
  const off = arena.append(bytes)
  arena.append(Buffer.from('something else'))
  return kernel.hash(off, bytes.length)
}

test('the hash is that of the bytes, wherever they lie and whatever stands behind them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(9), (bytes, before) => {
      const hash = hashOf(bytes)
      assert.equal(hashOf(bytes, before), hash)
      assert.ok(Number.isSafeInteger(hash) && hash >= 1 && hash <= 2 ** 52)
    }),
  )
})

test('contents that differ in a bit, in their length or in the order of their parts have other hashes', () => {
  const seen = new Set<number>()
  let n = 0
  for (const length of [0, 1, 3, 7, 8, 9, 31, 32, 33, 64, 100]) {
    const bytes = new Uint8Array(length).fill(0x61)
    seen.add(hashOf(bytes))
    n++
    for (let i = 0; i < length; i++)
      for (let bit = 0; bit < 8; bit++) {
        bytes[i] = (bytes[i] as number) ^ (1 << bit)
        seen.add(hashOf(bytes))
        bytes[i] = (bytes[i] as number) ^ (1 << bit)
        n++
      }
  }
  for (let i = 0; i < 1000; i++) seen.add(hashOf(Buffer.from(`${i} and ${1000 - i}`)))
  assert.equal(seen.size, n + 1000)
})

test('the committed kernel is what the source compiles to', async () => {
  const path = new URL('./range-kernel.generated.ts', import.meta.url)
  assert.equal(await generated(), readFileSync(path, 'utf8'))
})
