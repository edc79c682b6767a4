// A short run of every fuzz target with fixed seeds, so that the same commit always gets the same answer. `npm run fuzz` takes a
// new seed every time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FuzzOptions, fuzz, inputOf } from './fuzz.ts'
import type { Target } from './target.ts'
import { decoder } from './targets/decoder.ts'
import { TARGETS } from './targets.ts'

const SEEDS = [1, 984_647_994]

async function isSound(target: Target, options: FuzzOptions): Promise<void> {
  const failure = await fuzz(target, options)
  const again = `npm run fuzz -- ${target.name} --seed ${options.seed} --at ${failure?.execution}`
  assert.equal(failure, null, `${again}\n${failure?.error}`)
}

for (const target of TARGETS)
  for (const seed of SEEDS)
    test(`${target.name}: ${target.about}, seed ${seed}`, async () => {
      const executions = Math.ceil(target.executions / SEEDS.length)
      await isSound(target, { seed, first: 0, executions })
    })

test('seed and execution number determine the input', async () => {
  const once = await inputOf(decoder, 3, 141)
  assert.deepEqual(await inputOf(decoder, 3, 141), once)
  assert.notDeepEqual(await inputOf(decoder, 3, 142), once)
})
