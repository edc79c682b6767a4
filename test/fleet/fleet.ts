// A fleet on this machine: a real broker, one ClickHouse and one Postgres, and instances with the configurations of `deploy/`.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { Secret } from '../../core/config/config-types.ts'
import { withTenant } from '../../storage/postgres/roles.ts'
import {
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from '../../storage/testing/stores.ts'
import { Instance } from '../instance.ts'
import { type KafkaBroker, startKafka } from '../kafka/broker.ts'
import { createTopic } from '../kafka/consume.ts'

const DEPLOY = join(import.meta.dirname, '../../deploy')
const PARTITIONS = 6
/** That of the key in the configurations of `deploy/`. */
const TENANT = 'default'

export type Role = 'edge' | 'core' | 'solo'

/** The body of a request: protobuf bytes, or JSON as text. */
export interface Body {
  readonly path: '/v1/traces' | '/v1/logs'
  readonly bytes: Uint8Array | string
}

export class Fleet {
  #broker: KafkaBroker | null = null
  readonly #clickhouse: TestClickHouse
  readonly #postgres: TestPostgres
  readonly #key: string
  #env: Readonly<Record<string, string>>
  readonly #dir: string
  readonly #instances = new Set<Instance>()

  private constructor(clickhouse: TestClickHouse, postgres: TestPostgres, dir: string) {
    this.#clickhouse = clickhouse
    this.#postgres = postgres
    this.#dir = dir
    const pepper = randomBytes(32).toString('hex')
    const { key, row } = keyForTests('sk', {}, new Secret(pepper))
    this.#key = key
    const url = new URL(clickhouse.url)
    this.#env = {
      KAFKA_BROKERS: '127.0.0.1:1',
      OBSERVA_PSEUDONYM_KEY: randomBytes(32).toString('hex'),
      OBSERVA_KEY_PEPPER: pepper,
      OBSERVA_KEY_ID: row.id,
      OBSERVA_KEY_HASH: row.hash,
      OBSERVA_KAFKA_DRIVER: process.env['OBSERVA_KAFKA_DRIVER'] ?? 'platformatic',
      OBSERVA_SESSION_TIMEOUT: '6s',
      CLICKHOUSE_URL: url.origin,
      CLICKHOUSE_USER: url.username,
      CLICKHOUSE_PASSWORD: url.password,
      CLICKHOUSE_DATABASE: clickhouse.database,
      DATABASE_URL: postgres.url,
    }
  }

  /** The stores. They and all that runs are stopped when the test ends. */
  static async start(t: Pick<TestContext, 'after'>): Promise<Fleet> {
    const [clickhouse, postgres, dir] = await Promise.all([
      startTestClickHouse(),
      startTestPostgres(),
      mkdtemp(join(tmpdir(), 'observa-fleet-')),
    ])
    const fleet = new Fleet(clickhouse, postgres, dir)
    t.after(() => fleet.stop())
    return fleet
  }

  /** Starts a broker with the topics of a fleet. */
  async withBroker(): Promise<KafkaBroker> {
    const broker = await startKafka('4.1.0')
    this.#broker = broker
    this.#env = { ...this.#env, KAFKA_BROKERS: broker.brokers.join(',') }
    await createTopic(broker.brokers, 'observa.spans', {}, PARTITIONS)
    await createTopic(broker.brokers, 'observa.dead')
    return broker
  }

  /** Starts an instance, or one again in the directory of an earlier one that was killed. */
  async instance(role: Role, before?: Instance): Promise<Instance> {
    const files = [await this.#file(role)]
    const dir = before?.dir
    const instance = await Instance.start({
      files,
      env: this.#env,
      ...(dir === undefined ? {} : { dir }),
    })
    this.#instances.add(instance)
    return instance
  }

  /** A single instance that does the work of edges and cores, for comparison. */
  async #file(role: Role): Promise<string> {
    if (role !== 'solo') return join(DEPLOY, `${role}.yaml`)
    const edge = parse(readFileSync(join(DEPLOY, 'edge.yaml'), 'utf8')) as Record<string, unknown>
    const core = parse(readFileSync(join(DEPLOY, 'core.yaml'), 'utf8')) as {
      service: { pipelines: Record<string, { receivers: string[] }> }
    }
    for (const pipeline of Object.values(core.service.pipelines)) pipeline.receivers = ['otlp']
    const solo = { ...core, receivers: { otlp: (edge['receivers'] as { otlp: object }).otlp } }
    const keys = (edge['extensions'] as { keys: object }).keys
    Object.assign(solo, { extensions: { ...(solo as { extensions?: object }).extensions, keys } })
    const file = join(this.#dir, 'solo.yaml')
    await writeFile(file, stringify(solo))
    return file
  }

  /** Sends a body until an instance accepts it. Which one is asked is chosen anew each time, as a load balancer does. */
  async send(body: Body, to: () => Instance): Promise<void> {
    for (let tries = 0; ; tries++) {
      const headers = {
        'content-type':
          typeof body.bytes === 'string' ? 'application/json' : 'application/x-protobuf',
        authorization: `Bearer ${this.#key}`,
      }
      const res = await to()
        .post(body.path, body.bytes, headers)
        .catch(() => null)
      if (res?.status === 200) {
        if (/rejected/i.test(res.body.toString('latin1'))) throw new Error('a span was rejected')
        return
      }
      if (res !== null && res.status < 429) throw new Error(`${res.status} ${res.body.toString()}`)
      if (tries > 3000) throw new Error('nobody accepts it')
      await sleep(30)
    }
  }

  /** Waits until nothing is on its way: in the logs of edges, in the topic, in the logs of cores. */
  async settled(edges: readonly Instance[], cores: readonly Instance[]): Promise<void> {
    for (const edge of edges) await edge.drained()
    for (let quiet = 0, last = -1; quiet < 4; ) {
      let accepted = 0
      for (const core of cores) {
        await core.drained()
        accepted += await core.metric('observa_kafka_receiver_messages_total')
      }
      let lag = 0
      for (const core of cores) lag += await core.metric('observa_kafka_receiver_lag')
      quiet = accepted === last && lag === 0 ? quiet + 1 : 0
      last = accepted
      // The lag is measured every 5 s.
      await sleep(1500)
    }
  }

  /** A query of ClickHouse; `EVENTS` is the table of events. */
  query<Row>(sql: string): Promise<Row[]> {
    const table = `${this.#clickhouse.database}.canonical_events`
    return this.#clickhouse.rows<Row>(sql.replaceAll('EVENTS', table))
  }

  async sql<Row extends object>(sql: string): Promise<Row[]> {
    return withTenant(
      this.#postgres.pool,
      TENANT,
      async (client) => (await client.query<Row>(sql)).rows,
    )
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#instances].map((i) => i.kill()))
    for (const { dir } of this.#instances) await rm(dir, { recursive: true, force: true })
    await this.#broker?.stop()
    await this.#clickhouse.stop()
    await this.#postgres.stop()
    await rm(this.#dir, { recursive: true, force: true })
  }
}
