// The time to write a span as OTLP in µs, by copy and from the rows. `node proto/otlp/encode.bench.ts [rounds]`

import { SPAN_STRIDE } from '../../core/batch.ts'
import { ByteWriter } from '../byte-writer.ts'
import { oracleEncode } from '../testing/oracle.ts'
import { batch, tryDecode } from '../testing/try-decode.ts'
import { encodeTraces } from './encode.ts'

const SPANS = 100
const CALLS = 40
const rounds = Number(process.argv[2] ?? 15)
const attributes = Array.from({ length: 26 }, (_, k) => ({
  key: `gen_ai.some.attribute_${k}`,
  value:
    k % 5 === 0 ? { intValue: k * 1000 } : { stringValue: `value ${k} `.repeat(k < 2 ? 100 : 1) },
}))
const spans = Array.from({ length: SPANS }, (_, i) => ({
  traceId: Buffer.alloc(16, 1),
  spanId: Buffer.alloc(8, i + 1),
  name: 'chat gpt-4o-mini',
  startTimeUnixNano: '1790000000000000000',
  endTimeUnixNano: '1790000001000000000',
  attributes,
}))
tryDecode(
  oracleEncode('ExportTraceServiceRequest', { resourceSpans: [{ scopeSpans: [{ spans }] }] }),
)
const out = new ByteWriter(1 << 20)
for (const [name, flags] of [
  ['copied', 0],
  ['from rows', 2],
] as const) {
  for (let i = 0; i < SPANS; i++) batch.spans[i * SPAN_STRIDE] = flags
  const us: number[] = []
  for (let round = 0; round < rounds + 3; round++) {
    const t0 = process.hrtime.bigint()
    for (let i = 0; i < CALLS; i++) {
      out.reset()
      encodeTraces(out, batch, () => true)
    }
    if (round >= 3) us.push(Number(process.hrtime.bigint() - t0) / 1e3 / CALLS / SPANS)
  }
  us.sort((a, b) => a - b)
  const at = (q: number): string => (us[Math.floor((us.length - 1) * q)] as number).toFixed(2)
  process.stdout.write(
    `${name.padEnd(10)} ${at(0.5)} µs/span  (${at(0)} .. ${at(1)}), ${out.pos / SPANS} bytes\n`,
  )
}
