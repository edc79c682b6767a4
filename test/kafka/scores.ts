// Scores in Kafka, from a whole instance: what the API stores arrives in the topic of scores, and a deletion is told there.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { z } from 'zod'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'
import type { KafkaBroker } from './broker.ts'
import { consumeAll, createTopic } from './consume.ts'

const change = z.looseObject({ score_id: z.string(), deleted: z.boolean() })

export async function scoresArrive(t: TestContext, broker: KafkaBroker): Promise<void> {
  const [topic, scores] = ['events-beside-scores', 'scores']
  await createTopic(broker.brokers, topic)
  await createTopic(broker.brokers, scores)
  const instance = await Instance.start({
    config: `
exporters:
  postgres: { embedded: true }
  clickhouse: { embedded: true }
  kafka: { brokers: [${broker.brokers.join(', ')}], topic: ${topic}, scores_topic: ${scores}, batch: { delay: 1ms } }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [postgres, clickhouse, kafka] }
`,
  })
  t.after(() => instance.stop())
  const [trace, span] = ['a'.repeat(32), 'b'.repeat(16)]
  const body = otlpJson([
    { traceId: trace, spanId: span, name: 'chat', attributes: { 'user.id': 'ada' } },
  ])
  assert.equal((await instance.post('/v1/traces', body)).status, 200)
  await instance.drained()
  const given = { trace_id: trace, span_id: span, name: 'helpful', value: 0.5, comment: 'quite' }
  const posted = await instance.post(
    '/api/v1/scores',
    JSON.stringify(given),
    { 'content-type': 'application/json' },
    'http',
  )
  assert.equal(posted.status, 201, posted.body.toString())
  const arrived = async (n: number): Promise<z.output<typeof change>[]> => {
    let found: z.output<typeof change>[] = []
    await until(async () => {
      const messages = await consumeAll(broker.brokers, scores)
      for (const m of messages) {
        assert.equal(m.key, trace)
        assert.equal(m.headers['record'], 'score')
      }
      found = messages.map((m) => change.parse(JSON.parse(m.value.toString())))
      return found.length >= n
    }, `${n} changes of scores`)
    return found
  }
  const [first, ...more] = await arrived(1)
  assert.equal(more.length, 0)
  assert.partialDeepStrictEqual(first, {
    tenant_id: 'default',
    trace_id: trace,
    span_id: span,
    name: 'helpful',
    value: 0.5,
    comment: 'quite',
    deleted: false,
  })
  const deletion = await instance.post(
    '/api/v1/deletions',
    JSON.stringify({ trace_id: trace }),
    { 'content-type': 'application/json' },
    'http',
  )
  assert.ok(deletion.status < 300, deletion.body.toString())
  const gone = (await arrived(2)).at(-1)
  assert.equal(gone?.deleted, true)
  assert.equal(gone.score_id, first?.score_id)
  assert.ok(!('comment' in gone), 'what was deleted is not told once more')
}
