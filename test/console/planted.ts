// One fact for each view of the console, and a hundred times as much of others: an instance on which all of them can be looked for.

import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import { FakeEmbeddings } from '../../semantic/testing/fake-embeddings.ts'
import { FakeEndpoint } from '../../semantic/testing/fake-endpoint.ts'
import { PLANTED_TOPICS } from '../../semantic/testing/planted-topics.ts'
import { Instance, until } from '../instance.ts'
import { conversation, newTraceId, otlp, type PlantedSpan, spanId } from './traffic.ts'

const HOUR_MS = 3_600_000
const TOPIC_TRACES = 30
/** Of a busy collector, which says when to come again. */
const SEND_ATTEMPTS = 60
const WORDS = 'amber basil cedar delta ember fjord grove hazel indigo jasper'.split(' ')

export class Planted {
  readonly instance: Instance
  readonly origin: string
  readonly talk = newTraceId()
  readonly #stops: readonly (() => Promise<unknown>)[]

  private constructor(instance: Instance, stops: readonly (() => Promise<unknown>)[]) {
    this.instance = instance
    this.origin = instance.url('', 'http')
    this.#stops = stops
  }

  static async start(): Promise<Planted> {
    const [judge, embeddings, refusing] = await Promise.all([
      FakeEndpoint.start(),
      FakeEmbeddings.start(),
      Instance.start(),
    ])
    const instance = await Instance.start({
      config: `
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
  # It takes no OTLP there and says so for good.
  otlp_http/planted: { endpoint: "${refusing.url('/nowhere', 'http')}" }
accounts: open
service:
  pipelines:
    traces: { exporters: [clickhouse, postgres, otlp_http/planted] }
semantic:
  sampling: { rate: 1 }
  embeddings: { url: "${embeddings.url}", model: e }
  judges:
    url: "${judge.url}"
    model: planted-judge
    rules: [{ name: all, rate: 1, use: [hallucination] }]
`,
    })
    return new Planted(instance, [
      () => instance.stop(),
      () => refusing.stop(),
      () => judge.stop(),
      () => embeddings.stop(),
    ])
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) await stop()
  }

  /** Waits until everything is stored, summed and, where it is sampled, embedded. */
  async plant(): Promise<void> {
    await this.#send(this.talk, planted(), Date.now() - HOUR_MS)
    await this.#send(newTraceId(), planted(), Date.now() - HOUR_MS - 60_000)
    for (const { id, span, atMs } of topics()) await this.#send(id, [span], atMs)
    const { project_id } = z
      .looseObject({ project_id: z.string() })
      .parse(await this.#make('projects', { name: 'a planted project' }))
    await this.#make('keys', { project_id, kind: 'secret', name: 'a planted key' })
    await this.#make('scores', { trace_id: this.talk, name: 'planted-score', value: 0.5 })
    await this.#make('scores', {
      trace_id: this.talk,
      span_id: spanId(2),
      name: 'planted-span-score',
      value: 1,
    })
    await this.#make('budgets', { name: 'a planted budget', scope: 'tenant', amount: 5 })
    await this.#make('targets', {
      name: 'a planted target',
      kind: 'webhook',
      url: 'https://planted.example.com/hook',
    })
    await this.#make('deletions', { user_id: 'nobody-planted' })
    await this.#member('planted@firm.test')
    await this.instance.drained()
    await until(
      async () => (await this.#count('topics', 'sampled')) >= 150,
      'topics of all that was sampled',
      180_000,
    )
    await until(async () => (await this.rows('issues')).length > 0, 'an issue')
    await until(async () => (await this.rows('jobs')).length > 0, 'a job')
  }

  /** A hundred times as much of others, all of it newer. */
  async crowd(): Promise<void> {
    const startMs = Date.now() - 20 * 60_000
    for (let first = 0; first < 900; first += 100) {
      const requests = Array.from({ length: 100 }, (_, i) =>
        this.#send(newTraceId(), crowdSpans(first + i), startMs + (first + i) * 1000),
      )
      await Promise.all(requests)
    }
    for (let n = 0; n < 100; n++) {
      const name = `crowd ${String(n).padStart(3, '0')}`
      const made = await this.#make('projects', { name })
      const { project_id } = z.looseObject({ project_id: z.string() }).parse(made)
      await this.#make('keys', { project_id, kind: 'secret', name })
      await this.#make('budgets', { name, scope: 'project', project_id, amount: 5 })
    }
    await this.instance.drained()
    await until(async () => (await this.rows('issues?limit=1000')).length > 100, 'their issues')
  }

  async rows(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const schema = z.object({ data: z.array(z.record(z.string(), z.unknown())) })
    return schema.parse(await this.#ask(path)).data
  }

  async #count(path: string, field: string): Promise<number> {
    return Number(z.record(z.string(), z.unknown()).parse(await this.#ask(path))[field])
  }

  async #ask(path: string): Promise<unknown> {
    const headers = { 'cache-control': 'no-cache' }
    const res = await fetch(`${this.origin}/api/v1/${path}`, { headers })
    assert.equal(res.status, 200, path)
    return await res.json()
  }

  async #make(path: string, body: object): Promise<unknown> {
    const res = await fetch(`${this.origin}/api/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    assert.ok(res.ok, `${path}: ${res.status} ${await res.clone().text()}`)
    return await res.json()
  }

  async #member(email: string): Promise<void> {
    const invited = await this.#make('invitations', { email, role: 'member' })
    const { token } = z.looseObject({ token: z.string() }).parse(invited)
    const password = 'a password of the test'
    await this.#make('auth/signup', { email, password, invitation: token })
  }

  /** Sends again what was refused because the collector is busy, as exporters do. */
  async #send(traceId: string, spans: readonly PlantedSpan[], startMs: number): Promise<void> {
    const body = otlp(traceId, startMs, spans)
    for (let attempt = 1; ; attempt++) {
      const sent = await this.instance.post('/v1/traces', body)
      if (sent.status === 200) return
      assert.equal(sent.status, 503)
      assert.ok(attempt < SEND_ATTEMPTS, 'the collector stays busy')
      await setTimeout(Number(sent.headers.get('retry-after') ?? 1) * 1000)
    }
  }
}

const planted = (): readonly PlantedSpan[] =>
  conversation().map((span) => ({
    ...span,
    attributes: {
      ...span.attributes,
      'session.id': 'planted-session',
      'planted.attribute': 'planted-value',
    },
  }))

const messages = (role: string, content: string): string =>
  JSON.stringify([{ role, parts: [{ type: 'text', content }] }])

interface TopicTrace {
  readonly id: string
  readonly span: PlantedSpan
  readonly atMs: number
}

/** Two topics more than a day ago, and the same with a third one today, so that something drifts. */
function topics(): readonly TopicTrace[] {
  const of = (topic: number, hoursAgo: number): TopicTrace[] =>
    Array.from({ length: TOPIC_TRACES }, (_, n) => ({
      id: newTraceId(),
      atMs: Date.now() - hoursAgo * HOUR_MS - n * 1000,
      span: {
        id: spanId(1),
        name: 'chat',
        at: 0,
        ms: 40,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt-4o',
          'gen_ai.input.messages': messages(
            'user',
            (PLANTED_TOPICS[topic] ?? '').replace('#', WORDS[n % WORDS.length] ?? ''),
          ),
          'gen_ai.output.messages': messages('assistant', 'Yes.'),
        },
      },
    }))
  return [...of(0, 30), ...of(1, 30), ...of(0, 2), ...of(1, 2), ...of(2, 2)]
}

/** Every ninth has a tool of its own that fails, which is an issue of its own. */
function crowdSpans(n: number): readonly PlantedSpan[] {
  const common = {
    'user.id': `crowd-user-${n}`,
    'session.id': `crowd-session-${n}`,
    'gen_ai.conversation.id': `crowd-talk-${n}`,
  }
  const call: PlantedSpan = {
    id: spanId(1),
    name: `chat of the crowd ${n}`,
    at: 0,
    ms: 20 + (n % 97) * 11,
    attributes: {
      ...common,
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 2,
    },
  }
  if (n % 9 !== 0) return [call]
  const tool: PlantedSpan = {
    id: spanId(2),
    parent: spanId(1),
    name: `execute_tool crowd_${n}`,
    at: 5,
    ms: 5,
    isError: true,
    attributes: {
      ...common,
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': `crowd_${n}`,
    },
  }
  return [call, tool]
}
