// A short run of every fuzz target: with a fixed seed, and with a different seed every time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FuzzOptions, fuzz, inputOf } from './fuzz.ts'
import type { Target } from './target.ts'
import { decoder } from './targets/decoder.ts'
import { TARGETS } from './targets.ts'

const FIXED_SEED = 1

async function isSound(target: Target, options: FuzzOptions): Promise<void> {
  const failure = await fuzz(target, options)
  const again = `npm run fuzz -- ${target.name} --seed ${options.seed} --at ${failure?.execution}`
  assert.equal(failure, null, `${again}\n${failure?.error}`)
}

for (const target of TARGETS) {
  const executions = Math.ceil(target.executions / 2)
  test(`${target.name}: ${target.about}, fixed seed`, async () => {
    await isSound(target, { seed: FIXED_SEED, first: 0, executions })
  })
  test(`${target.name}: ${target.about}, new seed`, async () => {
    await isSound(target, { seed: Date.now() % 1_000_000_007, first: 0, executions })
  })
}

test('seed and execution number determine the input', async () => {
  const once = await inputOf(decoder, 3, 141)
  assert.deepEqual(await inputOf(decoder, 3, 141), once)
  assert.notDeepEqual(await inputOf(decoder, 3, 142), once)
})
