// The contract of every sender: it can be stopped at any time, and an unreachable destination gives a verdict with a reason.
// It must not throw and must not keep the process from starting.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { EXPORTERS, PROCESSORS } from '../../collector/components.ts'
import { Chain } from '../../collector/worker/chain.ts'
import type { AnyExporter, AnyProcessor } from '../../config/registry-type.ts'
import type { EncodedPart, TaskRequest } from '../../core/task.ts'
import { DEFAULT_LIMITS } from '../../proto/decode.ts'
import { sendBatch, testHost } from '../exporter-host.ts'
import { goodConfig, goodSettings } from './good-config.ts'
import type { Payload } from './payloads.ts'

const canonicalize = PROCESSORS.find((p) => p.type === 'canonicalize') as unknown as AnyProcessor

/** `nowhere`: configuration that names a destination which does not answer; null when the exporter has no destination. */
export async function checkSender(
  t: TestContext,
  factory: AnyExporter,
  payloads: readonly Payload[],
  nowhere: Record<string, unknown> | null,
): Promise<void> {
  const config = goodConfig(factory, nowhere ?? {})
  const { itemsMax, bytesMax, delayMs } = factory.limits(config)
  assert.ok(itemsMax > 0 && bytesMax > 0 && delayMs >= 0, 'its limits let something through')
  const encoderSettings = structuredClone(factory.encoderSettings(config))
  assert.ok(!/"(password|token|secret)"/i.test(JSON.stringify(encoderSettings) ?? ''))

  const host = testHost(t)
  const unused = await factory.createSender(config, host)
  await unused.stop()
  await unused.stop()

  const sender = await factory.createSender(config, testHost(t))
  try {
    await sender.start(AbortSignal.timeout(30_000))
    const parts = await partsOf(factory, encoderSettings, payloads)
    assert.ok(parts.length > 0, 'the encoder made something of recorded requests')
    const verdict = await sender.send(sendBatch(parts), AbortSignal.timeout(20_000))
    assert.equal(verdict.kind, nowhere === null ? 'sent' : 'retry')
    if (verdict.kind === 'retry') assert.match(verdict.code, /^[\w.:-]+$/, 'a code for metrics')
    for (const part of parts) checkSplit(sender.split?.(part) ?? null, part)
  } finally {
    await sender.stop()
    await sender.stop()
  }
}

async function partsOf(
  factory: AnyExporter,
  settings: unknown,
  payloads: readonly Payload[],
): Promise<EncodedPart[]> {
  const { encoder } = EXPORTERS[factory.type as keyof typeof EXPORTERS]
  const make = (await encoder()) as (id: string, settings: unknown) => never
  const chain = new Chain({
    steps: [
      { id: 'canonicalize', processor: canonicalize.create(await goodSettings(canonicalize)) },
    ],
    encoders: [{ id: factory.type, encoder: make(factory.type, settings) }],
    limits: DEFAULT_LIMITS,
    explain: false,
  })
  const requests: TaskRequest[] = payloads.map((p) => p.request)
  return chain
    .run({ requests, corrections: [] })
    .parts.map((p) => ({ ...p, bytes: Uint8Array.from(p.bytes) }))
}

/** The smaller parts contain the same items in the same order. */
function checkSplit(pieces: EncodedPart[] | null, part: EncodedPart): void {
  if (pieces === null) return
  assert.ok(pieces.length > 1)
  assert.equal(
    pieces.reduce((n, p) => n + p.items, 0),
    part.items,
  )
  for (const p of pieces) {
    assert.equal(p.exporter, part.exporter)
    assert.equal(p.stream, part.stream)
    assert.ok(p.items < part.items)
  }
}
