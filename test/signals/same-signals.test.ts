// The same spans give the same signals: ten runs with other batches, another order within 30 s, duplicates, and a kill on the way. Rules
// join by themselves: the scenarios have every type, and all signals of all rules are compared.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { randomOf, scenariosOf } from '../../bench/detection/scenarios.ts'
import { secretsOfOneRun } from '../../collector/service/pseudonym-keys.ts'
import type { ObservaConfig } from '../../config/root.ts'
import type { Signal } from '../../core/signals/signal.ts'
import { configWith } from './configured.ts'
import { signalsUnder } from './faulty-run.ts'

const BASE_MS = 1_795_000_020_000
const RUNS = 10
let config: ObservaConfig
const secrets = secretsOfOneRun()

before(async () => {
  config = await configWith('{ trace_budget_usd: 0.5, polling_repeats: 30 }')
})

/**
 * Returns the content of the signals in an order that does not depend on the run. Superseded signals do not count: usage that an agent
 * reports before its calls do is a spike only until they come.
 */
const told = (found: ReadonlyMap<string, Signal>): string[] =>
  [...found.values()]
    .filter((s) => s.evidence['superseded'] !== true)
    .map((s) => JSON.stringify(s))
    .toSorted()

test('ten runs with faults give the same signals as one without, in traces and over time', () => {
  const spans = scenariosOf(7, 1, BASE_MS, 0.5)
    .filter((s) => s.want || s.spans.length < 1000)
    .flatMap((s) => s.spans)
  const calm = { batch: 200, latenessMs: 0, duplicates: 0, isKilled: false, random: randomOf(1) }
  const expected = told(signalsUnder(config, spans, calm, secrets))
  assert.ok(expected.length > 40, `${expected.length} signals`)
  for (let run = 0; run < RUNS; run++) {
    const random = randomOf(100 + run)
    const faults = {
      random,
      batch: [7, 60, 500][run % 3] as number,
      latenessMs: 24_000,
      duplicates: 0.1,
      isKilled: run % 2 === 0,
    }
    assert.deepEqual(told(signalsUnder(config, spans, faults, secrets)), expected, `run ${run}`)
  }
})
