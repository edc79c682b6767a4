// `npm run bench:gate -- BASE`: does a span cost more than at commit BASE? Runs pairs of fresh instances, pinned to CPUs,
// alternately. The verdict comes from the confidence interval of the ratios, so that the result on a noisy machine is "cannot
// tell" rather than a wrong one.

import { parseArgs } from 'node:util'
import { closedLoop, makeContext, median, type Options } from '../scenario.ts'
import { type Checkout, checkOut, workingTree } from './checkout.ts'
import { measureSide, type Side } from './commit-run.ts'
import { type Interval, intervalOf, PAIRS_MIN, type Verdict, verdictOf } from './interval.ts'

const USAGE = `npm run bench:gate -- BASE [NEW] [options]

Compares commit NEW (default: this directory as it is) with commit BASE: CPU a span, and counters that do not jitter.
Exit code 0: equal or better. 1: worse. 3: cannot tell, which more pairs or a quieter machine would help. 2: failed.

options
  --pairs N        pairs of fresh instances (12: the fewest of which a spoiled one does not matter)
  --margin PERCENT what counts as equal (3)
  --spans N        measured spans of an instance (300000)
  --warm-up N      spans before those (200000)
  --form F         protobuf, json or ndjson (protobuf)
  --gzip           compressed bodies
  --batch N        spans a request (100)
  --connections N  of the load client (8)
  --subject S      observa-clickhouse, observa-otlp or observa-embedded (observa-clickhouse)
  --json           one JSON object with every figure
`

const EXIT: Readonly<Record<Verdict, number>> = { better: 0, equal: 0, worse: 1, 'cannot tell': 3 }

/** The scenarios in the order of the printed table. */
const FIGURES: readonly {
  readonly key: keyof Side
  readonly label: string
  readonly digits: number
}[] = [
  { key: 'cpuUs', label: 'CPU µs/span', digits: 1 },
  { key: 'heapBytes', label: 'heap bytes allocated/span', digits: 0 },
  { key: 'ioCalls', label: 'read and write calls/span', digits: 4 },
  { key: 'ioBytes', label: 'bytes read and written/span', digits: 0 },
  { key: 'logBytes', label: 'log bytes/span', digits: 0 },
  { key: 'tasks', label: 'worker tasks/span', digits: 4 },
  { key: 'rssPeakBytes', label: 'peak resident bytes', digits: 0 },
]

interface Pair {
  readonly base: Side
  readonly changed: Side
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      pairs: { type: 'string', default: '12' },
      margin: { type: 'string', default: '3' },
      spans: { type: 'string', default: '300000' },
      'warm-up': { type: 'string', default: '200000' },
      form: { type: 'string', default: 'protobuf' },
      gzip: { type: 'boolean', default: false },
      batch: { type: 'string', default: '100' },
      connections: { type: 'string', default: '8' },
      subject: { type: 'string', default: 'observa-clickhouse' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const [baseRevision, newRevision] = positionals
  if (values.help || baseRevision === undefined) {
    process.stdout.write(USAGE)
    return values.help ? 0 : 2
  }
  const pairs = numeric('pairs', values.pairs, PAIRS_MIN)
  const margin = numeric('margin', values.margin, 0) / 100
  const base = checkOut(baseRevision, say)
  const changed = newRevision === undefined ? workingTree() : checkOut(newRevision, say)
  const options = loads(values)
  const measured: Pair[] = []
  for (let i = 0; i < pairs; i++) {
    measured.push(await measurePair(base, changed, options, i % 2 === 1))
    const { base: b, changed: c } = measured[i] as Pair
    const ratio = (c.cpuUs / b.cpuUs).toFixed(3)
    say(
      `pair ${i + 1} of ${pairs}: ${b.cpuUs.toFixed(1)} -> ${c.cpuUs.toFixed(1)} µs/span, ratio ${ratio}`,
    )
  }
  return report({ base, changed, measured, margin, isJson: values.json })
}

interface LoadValues {
  readonly spans: string
  readonly 'warm-up': string
  readonly form: string
  readonly gzip: boolean
  readonly batch: string
  readonly connections: string
  readonly subject: string
}

function loads(values: LoadValues): Parameters<typeof measureSide>[1] {
  const { form } = values
  if (form !== 'protobuf' && form !== 'json' && form !== 'ndjson')
    throw new Error(`--form is protobuf, json or ndjson, not ${form}`)
  const spansPerRequest = numeric('batch', values.batch, 1)
  const bench: Options = {
    seconds: 120,
    warmUpSpans: numeric('warm-up', values['warm-up'], 1),
    rounds: 1,
    minutes: 1,
    rate: 1,
    connections: numeric('connections', values.connections, 1),
    spansPerRequest,
    requests: 256,
    events: 1,
    layout: 'split',
    seed: 1,
    form,
    subjects: [],
  }
  const context = makeContext(bench)
  const shape = (spans: number): ReturnType<typeof closedLoop> => ({
    ...closedLoop(context, values.gzip),
    requests: Math.ceil(spans / spansPerRequest),
    gzipPool: Math.ceil(spans / spansPerRequest),
  })
  return {
    subject: values.subject,
    warmUp: shape(bench.warmUpSpans),
    load: shape(numeric('spans', values.spans, 1)),
  }
}

/**
 * Every other pair runs in reverse order. The speed of a machine drifts, and otherwise the drift would always affect the
 * second of a pair.
 */
async function measurePair(
  base: Checkout,
  changed: Checkout,
  options: Parameters<typeof measureSide>[1],
  isReversed: boolean,
): Promise<Pair> {
  if (!isReversed) {
    const first = await measureSide(base, options)
    return { base: first, changed: await measureSide(changed, options) }
  }
  const first = await measureSide(changed, options)
  return { base: await measureSide(base, options), changed: first }
}

interface Outcome {
  readonly base: Checkout
  readonly changed: Checkout
  readonly measured: readonly Pair[]
  readonly margin: number
  readonly isJson: boolean
}

/** The CPU time alone decides the verdict. The other figures help to find the cause. */
function report({ base, changed, measured, margin, isJson }: Outcome): number {
  const figures = FIGURES.map(({ key, label, digits }) => {
    const ratio = intervalOf(measured.map((p) => p.changed[key] / p.base[key]))
    const of = (side: keyof Pair): number => median(measured.map((p) => p[side][key]))
    return { key, label, digits, base: of('base'), changed: of('changed'), ratio }
  })
  const [cpu] = figures
  const verdict = verdictOf((cpu as { ratio: Interval }).ratio, margin)
  if (isJson)
    write(
      JSON.stringify({
        base: base.commit,
        new: changed.commit,
        verdict,
        margin,
        figures,
        measured,
      }),
    )
  else {
    write(
      `${changed.commit} against ${base.commit}, ${measured.length} pairs, medians; ratio with its 95 % interval`,
    )
    for (const f of figures)
      write(
        `  ${f.label.padEnd(30)} ${f.base.toFixed(f.digits).padStart(12)} ${f.changed.toFixed(f.digits).padStart(12)}   ` +
          `${f.ratio.estimate.toFixed(3)} (${f.ratio.low.toFixed(3)}-${f.ratio.high.toFixed(3)})  ${verdictOf(f.ratio, margin)}`,
      )
    write(`verdict: ${verdict}`)
  }
  return EXIT[verdict]
}

const say = (text: string): void => void process.stderr.write(`gate: ${text}\n`)
const write = (text: string): void => void process.stdout.write(`${text}\n`)

function numeric(option: string, text: string, min: number): number {
  const value = Number(text)
  if (!(value >= min))
    throw new Error(`--${option} must be a number of at least ${min}, not ${text}`)
  return value
}

process.exitCode = await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error))
  return 2
})
