// The decoder: any bytes in any format give rows or a refusal, and a refused request leaves the batch unchanged.

import assert from 'node:assert/strict'
import type { PayloadFormat, TelemetryKind } from '../../../core/task.ts'
import { batch, tryDecode } from '../../../proto/testing/try-decode.ts'
import { mutated } from '../mutate.ts'
import type { OpenTarget, Target } from '../target.ts'
import { seedBodies } from './bodies.ts'

const BYTES_MAX = 64 * 1024
/** Formats that the input is declared to have, whether or not it has them, because a client may declare anything. */
const FORMATS: readonly PayloadFormat[] = [
  'otlp-proto',
  'otlp-json',
  'ndjson',
  'json-array',
  'trace-v0',
]
const TELEMETRY: readonly TelemetryKind[] = ['traces', 'logs']
/** Rows that are in the batch already, like those of an earlier request of the same task. */
const STANDING = Buffer.from(
  '{"trace_id":"0123456789abcdef0123456789abcdef","span_id":"0123456789abcdef"}\n',
)

export const decoder: Target = {
  name: 'decoder',
  about: 'request bodies of every format into rows',
  executions: 60_000,
  open: async () => open(),
}

function open(): OpenTarget {
  const seeds = seedBodies()
  const all = seeds.flatMap((s) => s.bodies)
  return {
    input: (dice) => mutated(dice.chance(0.9) ? dice.pick(seeds).bodies : all, dice, BYTES_MAX),
    execute(input, dice) {
      const telemetry = dice.pick(TELEMETRY)
      const isGuessed = dice.chance(0.8)
      const format = isGuessed ? formatOf(input) : dice.pick(FORMATS)
      tryDecode(STANDING, { format: 'ndjson' })
      const spansBefore = batch.spanCount
      const outcome = tryDecode(input, { format, telemetry, keep: true })
      const added = batch.spanCount - spansBefore
      if (outcome.kind === 'refused') {
        assert.equal(added, 0, 'a refused request left rows behind')
        assert.notEqual(outcome.code, 'internal')
        assert.ok(outcome.message.length > 0, 'a refusal says why')
      } else assert.equal(added, outcome.items, 'rows and accepted items differ')
    },
  }
}

/** Guesses the format from the first byte. */
function formatOf(input: Buffer): PayloadFormat {
  const first = String.fromCharCode(input[0] ?? 0)
  if (first === '[') return 'json-array'
  if (first !== '{') return 'otlp-proto'
  return input.subarray(0, 20).includes('resource') ? 'otlp-json' : 'ndjson'
}
