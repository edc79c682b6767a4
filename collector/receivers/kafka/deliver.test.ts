// What becomes of a batch of messages on its way to the pipelines: the order of a trace, and where to go on after an obstacle.

import assert from 'node:assert/strict'
import test from 'node:test'
import { systemClock } from '../../../core/clock.ts'
import type { IntakeVerdict } from '../../../core/component.ts'
import { schema } from './config.ts'
import { Delivery } from './deliver.ts'

const ACCEPTED: IntakeVerdict = {
  kind: 'accepted',
  accepted: 1,
  rejected: 0,
  dropped: 0,
  reasons: [],
  rejectedItems: [],
}
const BUSY: IntakeVerdict = { kind: 'retry', status: 503, retryAfterS: 1, message: 'busy' }

/** A delivery whose pipelines note what they get and answer with what `answer` says. */
function delivery(answer: (payload: string) => IntakeVerdict) {
  const got: string[] = []
  const intake = {
    bodyBytesMax: 1 << 20,
    admit: () => ({
      ok: true as const,
      reservation: { bytes: 0, set: () => true, release: () => {} },
    }),
    accept: async ({ payload }: { payload: Uint8Array }) => {
      const text = Buffer.from(payload).toString().replaceAll('%', '').replaceAll(/ +/g, ' ')
      // The turn of the event loop shows requests that are sent before an earlier one is answered.
      await new Promise((resolve) => setImmediate(resolve))
      got.push(text)
      return answer(text)
    },
  }
  const report = { count: () => {}, accepted: () => {}, lost: () => {}, waiting: () => {} }
  const config = schema.parse({ brokers: ['a:1'], tenancy: 'headers' })
  const all = { traces: intake, logs: intake, metrics: null }
  return { got, sender: new Delivery(config, all, null, report, systemClock) }
}

const trace = (n: number): string => n.toString(16).padStart(32, '0')

/** `%` and four bytes are a field of a protobuf message. */
function message(offset: number, key: string, value: string, record = 'spans') {
  const headers = { record, tenant: 't', project: 'p' }
  return {
    offset: BigInt(offset),
    key: Buffer.from(key),
    value: Buffer.from(`%${value.padEnd(4)}`),
    headers: new Map(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  }
}

const batch = (...messages: ReturnType<typeof message>[]) => ({
  topic: 'spans',
  partition: 0,
  isReplay: false,
  messages,
})

test('messages of one trace are sent one after the other, those of different traces together', async () => {
  const { got, sender } = delivery(() => ACCEPTED)
  const messages = [
    message(1, trace(1), 'a1 '),
    message(2, trace(2), 'b1 '),
    message(3, trace(1), 'a2 ', 'logs'),
    message(4, 'loose-1', 'x '),
    message(5, 'loose-1', 'y '),
    message(6, trace(1), 'a3 '),
  ]
  const { next, durable } = await sender.handle(batch(...messages))
  assert.deepEqual(got, ['a1 b1 x y ', 'a2 ', 'a3 '])
  assert.deepEqual([next, durable], [7n, 7n])
})

test('after an obstacle consumption goes on at the first message that was not sent', async () => {
  const { got, sender } = delivery((text) => (text.includes('b1') ? BUSY : ACCEPTED))
  const messages = [
    message(1, trace(1), 'a1 '),
    message(2, trace(1), 'a2 ', 'logs'),
    message(3, trace(2), 'b1 ', 'logs'),
    message(4, trace(3), 'c1 '),
  ]
  const { next, durable, pauseMs } = await sender.handle(batch(...messages))
  assert.deepEqual(got.toSorted(), ['a1 c1 ', 'b1 '])
  // a2 stands before b1 and waits in the second round.
  assert.deepEqual([next, durable, pauseMs], [2n, 2n, 1000])
})

test('a message that is cut off takes nothing of the message behind it', async () => {
  const { got, sender } = delivery(() => ACCEPTED)
  const other = (offset: number, value: Buffer<ArrayBuffer>) => ({
    ...message(offset, '', ''),
    value,
  })
  const whole = Buffer.from([0x0a, 3, 0x61, 0x62, 0x63])
  const cut = [
    // Each says of its last field that it is as long as the next message.
    Buffer.from([0x0a, 2, 0x78, 0x78, 0x7a, 5]),
    Buffer.from([0x0a, 8, 0x78, 0x78, 0x78]),
    Buffer.from([0x09, 0x78, 0x78, 0x78]),
    Buffer.from([0x0d, 0x78]),
    Buffer.from([0x08]),
    Buffer.from([0x0b, 0x78]),
    Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  ]
  const all = cut.flatMap((bytes, i) => [other(2 * i, bytes), other(2 * i + 1, whole)])
  await sender.handle(batch(...all))
  const text = whole.toString()
  assert.deepEqual(
    got.toSorted(),
    [text.repeat(cut.length), ...cut.map((bytes) => bytes.toString())].toSorted(),
  )
})

test('a tenant with a control character is none', async () => {
  const { got, sender } = delivery(() => ACCEPTED)
  const of = (offset: number, tenant: string, project: string) => {
    const one = message(offset, trace(offset), `x${offset}`)
    const headers = new Map([...one.headers, ['tenant', Buffer.from(tenant)]] as const)
    return { ...one, headers: headers.set('project', Buffer.from(project)) }
  }
  // Both pairs are the same text when a zero byte joins them.
  await sender.handle(
    batch(of(1, 'a', 'b\0c'), of(2, 'a\0b', 'c'), of(3, 'a', 'b\n'), of(4, 'é', 'ü')),
  )
  assert.deepEqual(got, ['x4 '])
})
