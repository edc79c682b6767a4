// Bodies of hostile cases that are too large to store. They are made at run time, always with the same bytes.

import { createGzip } from 'node:zlib'

function varint(number: number): number[] {
  const out: number[] = []
  let v = number
  while (v > 127) {
    out.push((v % 128) + 128)
    v = Math.floor(v / 128)
  }
  out.push(v)
  return out
}

/** Encodes a length-delimited protobuf field. */
function field(number: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(body.length)]), body])
}

const repeated = (bytes: Uint8Array, times: number): Buffer =>
  Buffer.alloc(bytes.length * times, bytes)

function spanRequest(extra: Uint8Array): Buffer {
  const span = Buffer.concat([
    field(1, Buffer.alloc(16, 0x11)),
    field(2, Buffer.alloc(8, 0x22)),
    field(5, Buffer.from('chat gpt-4o')),
    extra,
  ])
  return field(1, field(2, field(2, span)))
}

function event(number: number, attributes: Record<string, unknown> = { model: 'gpt-4o' }): Buffer {
  return Buffer.from(
    JSON.stringify({
      trace_id: String(number).padStart(32, '0'),
      span_id: String(number).padStart(16, '0'),
      event_type: 'llm_call',
      timestamp: '2026-09-21T12:00:00.000Z',
      attributes,
    }),
  )
}

/** A gibibyte of zeros as about a megabyte of gzip, made without holding the decompressed data. */
async function bomb(): Promise<Buffer> {
  const gzip = createGzip({ level: 9 })
  const chunks: Buffer[] = []
  gzip.on('data', (c: Buffer) => chunks.push(c))
  const ended = new Promise<void>((resolve) => gzip.once('end', () => resolve()))
  const zeros = Buffer.alloc(1 << 20)
  for (let i = 0; i < 1024; i++)
    if (!gzip.write(zeros)) await new Promise<void>((resolve) => gzip.once('drain', resolve))
  gzip.end()
  await ended
  return Buffer.concat(chunks)
}

const LF = Buffer.from('\n')

export const MADE: Readonly<Record<string, () => Buffer | Promise<Buffer>>> = {
  'pb-group-nesting-1m': () => Buffer.alloc(1_000_000, 0x0b),
  'pb-2m-empty-resourcespans': () => repeated(Buffer.from([0x0a, 0]), 2_000_000),
  'pb-1m-attributes': () =>
    spanRequest(repeated(field(9, field(2, Buffer.from([0x18, 1]))), 1_000_000)),
  'pb-attr-12mb': () =>
    spanRequest(
      field(
        9,
        Buffer.concat([
          field(1, Buffer.from('gen_ai.prompt')),
          field(2, field(1, Buffer.alloc(12_000_000, 'a'))),
        ]),
      ),
    ),
  'pb-gz-bomb-1gib': bomb,
  'js-depth-100k': () =>
    Buffer.from(`{"resourceSpans":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
  'nd-1m-newlines': () => Buffer.alloc(1_000_000, '\n'),
  'nd-line-6mb': () =>
    Buffer.concat([event(1), LF, event(2, { p: 'a'.repeat(6_000_000) }), LF, event(3), LF]),
}
