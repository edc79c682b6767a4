// The contract of every processor: the same batch gives the same result each time, the payload is not changed, only declared
// metrics are counted, and no well-formed body makes it throw.

import assert from 'node:assert/strict'
import { EXPORTERS, PROCESSORS } from '../../collector/components.ts'
import { Chain } from '../../collector/worker/chain.ts'
import type { AnyProcessor } from '../../config/registry-type.ts'
import type { Encoder, Processor } from '../../core/component.ts'
import type { TaskResult } from '../../core/task.ts'
import { DEFAULT_LIMITS } from '../../proto/decode.ts'
import { goodSettings } from './good-config.ts'
import type { Payload } from './payloads.ts'

const canonicalize = PROCESSORS.find((p) => p.type === 'canonicalize') as unknown as AnyProcessor
const fileEncoder = await EXPORTERS.file.encoder()
const otlpEncoder = await EXPORTERS.otlp_http.encoder()

/** The position of the processor: before canonicalize, or after it for processors that need events. */
const ORDERS = ['before canonicalize', 'behind canonicalize'] as const

export async function checkProcessor(
  factory: AnyProcessor,
  payloads: readonly Payload[],
): Promise<void> {
  const settings = await goodSettings(factory)
  const events = await goodSettings(canonicalize)
  for (const order of ORDERS) {
    const kept = chainOf(factory, settings, events, order)
    for (const { name, request } of payloads) {
      const where = `${factory.type} ${order}: ${name}`
      const untouched = Buffer.from(request.payload)
      const task = { requests: [request], corrections: [] }
      const first = readable(kept.run(task))
      assert.equal(first.counters['observa_chain_errors_total'], undefined, `${where}: it threw`)
      assert.ok(
        first.verdicts.every((v) => v.kind === 'accepted'),
        `${where}: ${JSON.stringify(first.verdicts)}`,
      )
      assert.deepEqual(Buffer.from(request.payload), untouched, `${where}: the payload was changed`)
      assert.deepEqual(readable(kept.run(task)), first, `${where}: again gives something else`)
      const fresh = chainOf(factory, settings, events, order)
      const anew = readable(fresh.run(task))
      assert.deepEqual(anew.parts, first.parts, `${where}: what came before shows in the result`)
      assertDeclared(factory, first.counters, where)
    }
  }
}

function chainOf(
  factory: AnyProcessor,
  settings: unknown,
  events: unknown,
  order: (typeof ORDERS)[number],
): Chain {
  const own = { id: 'own', processor: factory.create(settings) as Processor }
  const steps = [own]
  if (factory.type !== 'canonicalize')
    steps.splice(order === 'before canonicalize' ? 1 : 0, 0, {
      id: 'canonicalize',
      processor: canonicalize.create(events) as Processor,
    })
  const encoders: { id: string; encoder: Encoder }[] = [
    { id: 'file', encoder: fileEncoder('file', { signals: true }) },
    {
      id: 'otlp',
      encoder: otlpEncoder('otlp', { telemetry: ['traces', 'logs'], compression: 'none' } as never),
    },
  ]
  return new Chain({ steps, encoders, limits: DEFAULT_LIMITS, explain: false })
}

/** The result without the parts that may differ between two runs: durations, and how often a plan was reused. */
function readable(result: TaskResult): Omit<TaskResult, 'timingsUs'> {
  const { verdicts, parts, facts } = result
  const { observa_canonicalize_unplanned_total: _, ...counters } = result.counters
  const copied = parts.map((p) => ({ ...p, bytes: Buffer.from(p.bytes) }))
  return structuredClone({ verdicts, parts: copied, facts, counters })
}

function assertDeclared(
  factory: AnyProcessor,
  counters: Readonly<Record<string, number>>,
  where: string,
): void {
  const declared = new Map(
    [...factory.metrics, ...canonicalize.metrics].map((m) => [m.name, m.labels]),
  )
  for (const [counter, by] of Object.entries(counters)) {
    const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})?$/s.exec(counter) ?? []
    const known = declared.get(name)
    assert.ok(known !== undefined, `${where}: counts ${name}, which it does not declare`)
    for (const [, label = ''] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g))
      assert.ok(known.includes(label), `${where}: ${name} has no label ${label}`)
    assert.ok(by > 0, `${where}: ${name} by ${by}`)
  }
}
