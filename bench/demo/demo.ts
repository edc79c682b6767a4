// `npm run demo`: sends realistic traffic with the real OpenTelemetry SDK to a running instance, and prints what was stored:
// traces, tokens, cost, signals, and the queries that show them again.

import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { messageOf } from '../../core/errors.ts'
import { play, story } from './traffic.ts'

const { values } = parseArgs({
  options: {
    otlp: { type: 'string', default: 'http://127.0.0.1:4318' },
    api: { type: 'string', default: 'http://127.0.0.1:3000' },
    key: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})

const say = (line = ''): void => void process.stdout.write(`${line}\n`)

if (values.help === true) {
  say('npm run demo -- [--otlp URL] [--api URL] [--key sk_...]')
  say('Sends demo traffic to a running instance and prints what it stored.')
  process.exit(0)
}

const headers: Record<string, string> =
  values.key === undefined ? {} : { authorization: `Bearer ${values.key}` }

const STORE_TRIES = 5

async function get<T>(path: string, tries = 0): Promise<T> {
  const res = await fetch(`${values.api}${path}`, { headers })
  // A store that is slow for a moment is asked again, for as long as a client may be asked to wait.
  if (res.status === 503 && tries < STORE_TRIES) {
    await res.body?.cancel()
    await new Promise((resolve) => setTimeout(resolve, 1000))
    return await get<T>(path, tries + 1)
  }
  if (!res.ok) throw new Error(`${path}: ${res.status} ${await res.text()}`)
  return (await res.json()) as T
}

interface Trace {
  readonly trace_id: string
  readonly name: string | null
  readonly events: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cost_usd: number
  readonly signals: number
}
interface Signal {
  readonly type: string
  readonly severity: string
  readonly trace_id: string
  readonly value: number | null
}
interface Page<T> {
  readonly data: readonly T[]
}

async function send(session: string): Promise<ReadonlyMap<string, string>> {
  const url = `${values.otlp}/v1/traces`
  const sdk = new NodeSDK({
    serviceName: 'shop',
    autoDetectResources: false,
    traceExporter: new OTLPTraceExporter({ url, headers }),
    instrumentations: [],
  })
  sdk.start()
  const common = { 'session.id': session, 'user.id': 'demo-user' }
  const shows = new Map<string, string>()
  let at = Date.now() - 60_000
  for (const { shows: what, root } of story()) {
    shows.set(
      play(root, (scope) => trace.getTracer(scope, '1.0.0'), at, common),
      what,
    )
    at += 3000
  }
  await sdk.shutdown()
  return shows
}

/** Polls until every trace that was sent is stored, or reports what is missing. */
async function stored(session: string, wanted: number): Promise<readonly Trace[]> {
  for (let tries = 0; ; tries++) {
    const { data } = await get<Page<Trace>>(`/api/v1/traces?session_id=${session}&limit=100`)
    if (data.length >= wanted) return data
    if (tries > 100) throw new Error(`only ${data.length} of ${wanted} traces are stored`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function signalsOf(traces: readonly Trace[]): Promise<readonly Signal[]> {
  const all = await Promise.all(
    traces.map((t) => get<Page<Signal>>(`/api/v1/signals?trace_id=${t.trace_id}&limit=100`)),
  )
  return all.flatMap((page) => page.data)
}

const usd = (n: number): string => `$${n.toFixed(n < 1 ? 5 : 2)}`

function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((r) => (r[i] ?? '').length)))
  for (const row of rows) say(`  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`)
}

function printTraces(traces: readonly Trace[], shows: ReadonlyMap<string, string>): void {
  table([
    ['shows', 'trace', 'events', 'in', 'out', 'cost', 'signals'],
    ...traces.map((t) => [
      shows.get(t.trace_id) ?? '',
      t.trace_id.slice(0, 8),
      String(t.events),
      String(t.input_tokens),
      String(t.output_tokens),
      usd(t.cost_usd),
      String(t.signals),
    ]),
  ])
}

function printQueries(session: string, example: string): void {
  const auth = values.key === undefined ? '' : " -H 'authorization: Bearer $KEY'"
  say(
    'Secrets and personal data are masked before anything is stored. To try that with a mail address, take one of a real',
  )
  say(
    'domain: those of example.com, .org and .net and of .test stay, for RFC 2606 reserves them for documents.',
  )
  say()
  say(`See it in the console:  ${values.api}`)
  say()
  say('Or again as JSON:')
  say()
  for (const path of [
    `/api/v1/traces?session_id=${session}`,
    `/api/v1/traces/${example}/events`,
    '/api/v1/signals?severity=high',
  ])
    say(`  curl -s${auth} '${values.api}${path}'`)
}

async function main(): Promise<void> {
  await get('/health').catch(() => {
    say(`There is no instance at ${values.api}. Start one first:  npm start`)
    process.exit(1)
  })
  const session = `demo-${randomBytes(4).toString('hex')}`
  say(`Sending ${story().length} traces to ${values.otlp} as session ${session} ...`)
  const shows = await send(session)
  const traces = await stored(session, shows.size)
  const signals = await signalsOf(traces)
  say()
  printTraces(traces, shows)
  const sum = (f: (t: Trace) => number): number => traces.reduce((n, t) => n + f(t), 0)
  say()
  say(
    `  ${traces.length} traces, ${sum((t) => t.events)} events, ${sum((t) => t.input_tokens)} + ${sum((t) => t.output_tokens)} tokens, ${usd(sum((t) => t.cost_usd))}`,
  )
  say()
  say(`${signals.length} signals:`)
  say()
  table(signals.map((i) => [i.severity, i.type, `${i.value ?? ''}`, shows.get(i.trace_id) ?? '']))
  say()
  printQueries(session, traces[0]?.trace_id ?? '')
}

try {
  await main()
} catch (thrown) {
  // What an instance answers says what is wrong; where in this program it was asked does not.
  say(`The demo ended early: ${messageOf(thrown)}`)
  process.exitCode = 1
}
