// Speed of scrubbing on one core: text throughput, cost for a span of realistic traffic, hostile inputs, and for comparison
// eight regular expressions over every string. `node bench/scrub/run.ts`

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { Arena } from '../../core/arena.ts'
import { ATTR, ATTR_STRIDE, SpanBatch, VALUE } from '../../core/batch.ts'
import type { ChainContext } from '../../core/component.ts'
import { EventTable } from '../../core/event.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { defaultSettings } from '../../processors/scrub/config.ts'
import { hostileTexts } from '../../processors/scrub/corpus/hostile-texts.ts'
import { createTextScrubber, scrub } from '../../processors/scrub/index.ts'
import { DEFAULT_LIMITS, decodeInto } from '../../proto/decode.ts'
import { generateRequests } from '../traffic/generate.ts'
import { scrubEight } from './naive.ts'

interface Line {
  readonly text: string
  readonly field: string
  readonly spans: readonly unknown[]
}

const CORPUS = new URL('../../processors/scrub/testdata/dev.jsonl.gz', import.meta.url)
const ROUNDS = 7

function corpus(): Line[] {
  const text = gunzipSync(readFileSync(CORPUS)).toString('utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

/** CPU time of the fastest of some rounds, in ms. */
function best(work: () => void, rounds = ROUNDS): number {
  let min = Number.POSITIVE_INFINITY
  for (let i = 0; i < rounds; i++) {
    const start = process.cpuUsage()
    work()
    const used = process.cpuUsage(start)
    min = Math.min(min, (used.user + used.system) / 1000)
  }
  return min
}

function megabytes(texts: readonly string[]): number {
  return texts.reduce((n, t) => n + Buffer.byteLength(t), 0) / 1e6
}

/** Clean lines of the corpus, joined to texts of about 2.7 KB. */
function cleanTexts(lines: readonly Line[]): string[] {
  const out: string[] = []
  let text = ''
  for (const l of lines) {
    if (l.spans.length > 0) continue
    text += `${l.text}\n`
    if (text.length > 2700) {
      out.push(text)
      text = ''
    }
  }
  return out
}

/** Texts of model calls, as they occur in spans of the traffic generator. */
function spanTexts(): string[] {
  const { batch } = decodedTraffic(20)
  const out: string[] = []
  for (let i = 0; i < batch.attrCount; i++) {
    const row = i * ATTR_STRIDE
    const len = batch.attrs[row + ATTR.LEN] as number
    if (batch.attrs[row + ATTR.TYPE] === VALUE.STRING && len > 200)
      out.push(batch.attrText(i) ?? '')
  }
  return out
}

function throughput(name: string, texts: readonly string[]): void {
  const scrubber = createTextScrubber()
  const mb = megabytes(texts)
  const repeat = Math.max(1, Math.ceil(6 / mb))
  const all = (one: (t: string) => unknown): number =>
    (mb * repeat * 1000) /
    best(() => {
      for (let i = 0; i < repeat; i++) for (const t of texts) one(t)
    })
  const ours = all((t) => scrubber.scrub(t))
  const eight = all(scrubEight)
  row(name, `${ours.toFixed(1)} MB/s`, `${eight.toFixed(1)} MB/s`, `${(ours / eight).toFixed(1)} x`)
}

function row(...cells: readonly string[]): void {
  console.log(cells.map((c, i) => (i === 0 ? c.padEnd(44) : c.padStart(14))).join(''))
}

function decodedTraffic(
  requests: number,
  clean = false,
): { batch: SpanBatch; payloads: Uint8Array[] } {
  const payloads = generateRequests({ seed: 5, requests, spansPerRequest: 100 })
    .filter((r) => !clean || r.truth.secrets.length === 0)
    .map((r) => r.protobuf)
  const batch = new SpanBatch(new Arena())
  for (const payload of payloads) decode(batch, payload)
  return { batch, payloads }
}

function decode(batch: SpanBatch, payload: Uint8Array): void {
  decodeInto(
    batch,
    {
      payload,
      encoding: 'identity',
      format: 'otlp-proto',
      telemetry: 'traces',
      tenant: DEFAULT_TENANT,
      receivedAtMs: 0,
    },
    DEFAULT_LIMITS,
  )
}

const CTX: ChainContext = { count: () => {}, signal: () => {}, signals: [], explain: false }

/** Cost for a span: the processor on decoded batches, without the time for decoding. */
function pipeline(): void {
  const processor = scrub.create(defaultSettings())
  const batch = new SpanBatch(new Arena())
  const events = new EventTable(batch)
  const cost = (payloads: readonly Uint8Array[], work: () => void): [number, number] => {
    let spans = 0
    const ms = best(() => {
      spans = 0
      for (let i = 0; i < 6; i++)
        for (const p of payloads) {
          batch.reset()
          decode(batch, p)
          work()
          spans += batch.spanCount
        }
    })
    return [(ms * 1000) / spans, spans]
  }
  for (const clean of [false, true]) {
    const { payloads } = decodedTraffic(80, clean)
    const bytes = payloads.reduce((n, p) => n + p.length, 0)
    const [idle, spans] = cost(payloads, () => {})
    const [full] = cost(payloads, () => processor.process(batch, events, CTX))
    const [eight] = cost(payloads.slice(0, 10), () => eightOver(batch))
    const size = `${Math.round(bytes / (spans / 6))} B a span`
    row(
      clean ? `span of requests without a secret (${size})` : `span, all requests (${size})`,
      `${(full - idle).toFixed(2)} us`,
      `${(eight - idle).toFixed(1)} us`,
      `${((eight - idle) / (full - idle)).toFixed(1)} x`,
    )
  }
}

/** The usual approach: every string value as a JS string through eight regular expressions. */
function eightOver(batch: SpanBatch): void {
  for (let i = 0; i < batch.attrCount; i++) {
    const text = batch.attrText(i)
    if (text === null) continue
    const now = scrubEight(text)
    if (now !== text) batch.setAttrText(i, now)
  }
}

function hostile(): void {
  const scrubber = createTextScrubber()
  const bytes = 256 * 1024
  const times = hostileTexts(bytes).map(({ name, text }) => {
    return { name, mbPerS: text.length / 1000 / best(() => scrubber.scrub(text), 3) }
  })
  times.sort((a, b) => a.mbPerS - b.mbPerS)
  for (const t of times.slice(0, 6)) row(`hostile ${t.name}`, `${t.mbPerS.toFixed(1)} MB/s`)
  row(
    `hostile inputs below 5 MB/s`,
    String(times.filter((t) => t.mbPerS < 5).length),
    `of ${times.length}`,
  )
}

const lines = corpus()
row('', 'scrub', 'eight', '')
throughput(
  'corpus',
  lines.map((l) => l.text),
)
throughput('clean lines of the corpus, joined', cleanTexts(lines))
throughput('texts of model calls (traffic generator)', spanTexts())
pipeline()
if (!process.argv.includes('--no-hostile')) hostile()
