// Records what a version leaves for the next one: its log, with records that no store has taken yet, and its messages in Kafka. It
// is run in a checkout of that version, whose code it uses:
//
//     git worktree add ../older COMMIT && mkdir -p ../older/test/upgrades && cp test/upgrades/record.ts ../older/test/upgrades
//     cd ../older && npm ci && node test/upgrades/record.ts OUT
//
// OUT is the folder of the version in `test/upgrades/recorded/`.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Instance } from '../instance.ts'
import { startKafka } from '../kafka/broker.ts'
import { consumeAll, createTopic } from '../kafka/consume.ts'

const OUT = resolve(process.argv[2] ?? 'recorded')
/** For these recordings alone. */
const PSEUDONYM_KEY = '7'.repeat(64)
const CAPTURES = join(import.meta.dirname, '../captures')
const RECORDED = ['official_latest', 'logfire']
const START_MS = 1_790_000_000_000

type Request = readonly [path: string, body: Uint8Array | string]

function recordings(): Request[] {
  return RECORDED.flatMap((name) =>
    readdirSync(join(CAPTURES, name))
      .filter((file) => /\.(traces|logs)\.pb$/.test(file))
      .toSorted()
      .map((file): Request => {
        const path = file.includes('.logs.') ? '/v1/logs' : '/v1/traces'
        return [path, readFileSync(join(CAPTURES, name, file))]
      }),
  )
}

/** An agent and its calls in requests of their own: each call corrects what the agent counts. */
function corrected(): Request[] {
  const attribute = (key: string, value: string | number): object => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  })
  const request = (id: number, parent: number, operation: string, tokens: number): Request => {
    const [spanId, parentSpanId] = [id, parent].map((n) => n.toString(16).padStart(16, '0'))
    const span = {
      traceId: '5e'.repeat(16),
      spanId,
      ...(parent === 0 ? {} : { parentSpanId }),
      name: operation,
      startTimeUnixNano: `${START_MS + id}000000`,
      endTimeUnixNano: `${START_MS + id + 100}000000`,
      attributes: [
        attribute('gen_ai.operation.name', operation),
        attribute('gen_ai.provider.name', 'openai'),
        attribute('gen_ai.request.model', 'gpt-4o'),
        attribute('gen_ai.usage.input_tokens', tokens),
        attribute('gen_ai.usage.output_tokens', tokens / 10),
      ],
    }
    const body = { resourceSpans: [{ scopeSpans: [{ scope: { name: 's' }, spans: [span] }] }] }
    return ['/v1/traces', JSON.stringify(body)]
  }
  return [
    request(1, 0, 'invoke_agent', 600),
    request(2, 1, 'chat', 100),
    request(3, 1, 'chat', 200),
  ]
}

async function sendAll(to: Instance): Promise<void> {
  for (const [path, body] of [...corrected(), ...recordings()]) {
    const type = typeof body === 'string' ? 'application/json' : 'application/x-protobuf'
    const { status } = await to.post(path, body, { 'content-type': type })
    if (status !== 200) throw new Error(`${path} answered ${status}`)
  }
}

const CHAIN = 'processors: [scrub, canonicalize, cost, signals]'
const SCRUB = `processors: { scrub: { pseudonym: { key: "${PSEUDONYM_KEY}" } } }`

async function log(): Promise<void> {
  const nobody = '127.0.0.1:1'
  const instance = await Instance.start({
    config: `
${SCRUB}
exporters:
  postgres: { url: "postgres://nobody:none@${nobody}/observa" }
  clickhouse: { url: "http://${nobody}", database: observa }
service:
  pipelines:
    traces: { ${CHAIN}, exporters: [postgres, clickhouse] }
    logs: { ${CHAIN}, exporters: [postgres, clickhouse] }
`,
  })
  await sendAll(instance)
  await instance.kill('SIGKILL')
  execFileSync('tar', ['-czf', join(OUT, 'log.tar.gz'), '-C', instance.dir, 'data'])
}

async function messages(): Promise<void> {
  const broker = await startKafka('4.1.0')
  const topics = { events: 'event', spans: 'otlp_proto' }
  for (const topic of Object.keys(topics)) await createTopic(broker.brokers, topic)
  const exporter = (topic: string, encoding: string): string =>
    `  kafka/${topic}: { brokers: ${JSON.stringify(broker.brokers)}, topic: ${topic}, encoding: ${encoding} }`
  const names = Object.keys(topics).map((topic) => `kafka/${topic}`)
  const instance = await Instance.start({
    config: `
${SCRUB}
exporters:
${Object.entries(topics)
  .map(([topic, encoding]) => exporter(topic, encoding))
  .join('\n')}
service:
  pipelines:
    traces: { ${CHAIN}, exporters: [${names.join(', ')}] }
    logs: { ${CHAIN}, exporters: [${names.join(', ')}] }
`,
  })
  await sendAll(instance)
  await instance.drained()
  for (const topic of Object.keys(topics)) {
    const all = await consumeAll(broker.brokers, topic)
    const lines = all
      .toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset))
      .map(({ key, headers, value }) =>
        JSON.stringify({ key, headers, value: value.toString('base64') }),
      )
    writeFileSync(join(OUT, `${topic}.ndjson.gz`), gzipSync(lines.join('\n'), { level: 9 }))
  }
  await instance.kill()
  await broker.stop()
}

mkdirSync(OUT, { recursive: true })
await log()
await messages()
