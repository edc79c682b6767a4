// Support for tests of exporters: a host that records log lines, and batches of canonical events with given fields.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import pino from 'pino'
import { Arena } from '../core/arena.ts'
import { SpanBatch } from '../core/batch.ts'
import { systemClock } from '../core/clock.ts'
import type { ChainContext, Host, ProcessedBatch, SendBatch } from '../core/component.ts'
import { EventTable } from '../core/event.ts'
import { R } from '../core/fields.ts'
import { Metrics } from '../core/metrics.ts'
import type { Signal } from '../core/signals/signal.ts'
import type { EncodedPart } from '../core/task.ts'

export interface TestHost extends Host {
  /** Log records so far, oldest first. */
  readonly lines: Record<string, unknown>[]
}

/** A host with a data directory that is removed after the test. */
export function testHost(t: TestContext, over: Partial<Host> = {}): TestHost {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'debug' }, { write: (line) => lines.push(JSON.parse(line)) })
  return {
    id: 'test',
    log,
    metrics: new Metrics(),
    clock: systemClock,
    random: () => 0.5,
    dataDir: testDir(t),
    progress: () => undefined,
    lines,
    ...over,
  }
}

export function testDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'observa-exporter-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export interface TestEvent {
  /** Ids of 32 hex digits each. */
  readonly eventId: string
  readonly traceId: string
  readonly tenant?: string
  readonly name?: string
  /** JSON text. */
  readonly input?: string
}

/** Events with one span row each, in the form that encoders receive. */
export function processed(
  events: readonly TestEvent[],
  signals: readonly Signal[] = [],
): ProcessedBatch {
  const batch = new SpanBatch(new Arena())
  const table = new EventTable(batch)
  const bytes = (e: number, field: number, hex: string): void => {
    const off = batch.arena.append(Buffer.from(hex, 'hex'))
    table.setRange(e, field, off, hex.length / 2)
  }
  for (const event of events) {
    batch.addSpan()
    const e = table.add(batch.spanCount - 1)
    bytes(e, R.event_id, event.eventId)
    bytes(e, R.trace_id, event.traceId)
    table.setText(e, R.tenant_id, event.tenant ?? 'default')
    table.setText(e, R.name, event.name ?? 'chat')
    if (event.input !== undefined) table.setText(e, R.input, event.input)
  }
  return { batch, events: table, signals }
}

export const quietChain: ChainContext = {
  count: () => undefined,
  signal: () => undefined,
  signals: [],
  explain: false,
}

let batches = 0

/** Parts in the form in which the log gives them to a sender. */
export function sendBatch(parts: readonly EncodedPart[], batchId?: string): SendBatch {
  batches++
  const sequence = BigInt(batches)
  return {
    batchId: batchId ?? batches.toString(16).padStart(32, '0'),
    firstSequence: sequence,
    lastSequence: sequence,
    parts,
  }
}

export const never = new AbortController().signal

export const hexId = (n: number, chars = 32): string => n.toString(16).padStart(chars, '0')
