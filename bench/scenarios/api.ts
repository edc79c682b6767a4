// Requests to the REST API in a closed loop, over HTTP, on the embedded stores: how many are answered, how long they take, and
// how much CPU each costs. Once with an answer made for each request, as of requests that all differ, and once shared among equal ones.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { handlerOf, makeApp } from '../../api/app.ts'
import { useAuth } from '../../api/auth.ts'
import { registerListOptions } from '../../api/lists.ts'
import { eventRoutes } from '../../api/routes/data/events.ts'
import { traceRoutes } from '../../api/routes/data/traces.ts'
import { usageRoutes } from '../../api/routes/sums/usage.ts'
import { useSharedAnswers } from '../../api/shared-answers.ts'
import { Stores } from '../../api/stores.ts'
import { anonymousAuthenticator } from '../../collector/extensions/keys/index.ts'
import { openGuard } from '../../collector/http/request-guard.ts'
import { systemClock } from '../../core/clock.ts'
import type { ServiceView } from '../../core/component.ts'
import { Metrics } from '../../core/metrics.ts'
import { rollHours } from '../../storage/queries/hours/rolled-hours.ts'
import { startTestClickHouse, startTestPostgres } from '../../storage/testing/stores.ts'
import { testService } from '../../test/service-view.ts'
import { readStat } from '../cpu.ts'
import { fillEvents, PLACES } from '../queries/generate-events.ts'
import type { ScenarioResult } from '../results.ts'
import type { Context, Scenario } from '../scenario.ts'

const [{ tenantId, projectId }] = PLACES
const HOUR_MS = 3_600_000
const TRACES = 200

interface Sample {
  readonly route: string
  readonly isShared: boolean
  readonly perSecond: number
  readonly p50: number
  readonly p95: number
  /** The CPU time per request in ms: of this process, which runs server and client, and of ClickHouse. */
  readonly cpuMs: number
}

export const api: Scenario = {
  name: 'api',
  title: 'requests to the REST API, embedded stores, closed loop',
  async run(context): Promise<ScenarioResult> {
    const { say, options } = context
    const clickhouse = await startTestClickHouse()
    const postgres = await startTestPostgres()
    const { url, database } = clickhouse
    const client = createClient({ url, database, request_timeout: 900_000 })
    const service: ServiceView = testService({
      clickhouse: { kind: 'clickhouse', url, database },
      postgres: { kind: 'postgres', url: postgres.url, database: 'observa' },
    })
    const stores = new Stores(service, { clock: systemClock, revision: () => 0 })
    try {
      const toMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
      const filled = await fillEvents(client, { events: options.events, toMs, say })
      while ((await rollHours(client, { quietS: 0, hoursMax: 200 })) > 0);
      const found = await client.query({
        query: `SELECT DISTINCT lower(hex(trace_id)) AS id FROM canonical_events
          WHERE tenant_id = '${tenantId}' AND project_id = '${projectId}' LIMIT ${TRACES}`,
        format: 'JSONEachRow',
      })
      const ids = (await found.json<{ id: string }>()).map((row) => row.id)
      const server = createServer(await handlerOf(await appOf(stores, service)))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const samples = await measureAll(context, base, ids, clickhouse.engine.pid())
      server.close()
      return resultOf(samples, filled.events, context)
    } finally {
      await stores.close()
      await client.close()
      await Promise.all([clickhouse.stop(), postgres.stop()])
    }
  },
}

async function appOf(
  stores: Stores,
  service: ServiceView,
): Promise<Awaited<ReturnType<typeof makeApp>>> {
  const tenant = { tenantId, projectId, environment: null, keyId: null }
  const open = anonymousAuthenticator()
  const auth = {
    authenticate: async (...args: Parameters<typeof open.authenticate>) => {
      const result = await open.authenticate(...args)
      return result.ok ? { ...result, tenant } : result
    },
  }
  const log = pino({ level: 'silent' })
  const app = await makeApp({ log, version: 'bench', auth, guard: openGuard })
  useAuth(app, auth)
  registerListOptions(app)
  useSharedAnswers(app, { clock: systemClock, metrics: new Metrics(), revision: () => 0 })
  eventRoutes(app, stores, service)
  traceRoutes(app, stores)
  usageRoutes(app, stores)
  return app
}

type Path = readonly [route: string, path: (i: number) => string]

async function measureAll(
  { options, say }: Context,
  base: string,
  ids: readonly string[],
  engine: number | undefined,
): Promise<readonly Sample[]> {
  const paths: readonly Path[] = [
    ['/events?limit=50', () => '/events?limit=50'],
    ['/traces/:id/events', (i) => `/traces/${ids[i % ids.length]}/events`],
    ['/costs', () => '/costs'],
    ['/costs/breakdown', () => '/costs/breakdown?by=model'],
    ['/dashboard/overview', () => '/dashboard/overview'],
  ]
  const samples: Sample[] = []
  for (const [route, path] of paths)
    for (const isShared of [false, true]) {
      const sample = await measure(route, (i) => `${base}/api/v1${path(i)}`, {
        isShared,
        engine,
        seconds: Math.min(10, options.seconds),
        connections: 10,
      })
      say(`${route}${isShared ? ', shared' : ''}: ${sample.perSecond.toFixed(1)} requests/s`)
      samples.push(sample)
    }
  return samples
}

interface Shape {
  readonly isShared: boolean
  readonly engine: number | undefined
  readonly seconds: number
  readonly connections: number
}

async function measure(
  route: string,
  url: (i: number) => string,
  { isShared, engine, seconds, connections }: Shape,
): Promise<Sample> {
  const headers: Record<string, string> = isShared ? {} : { 'cache-control': 'no-cache' }
  const ms: number[] = []
  const cpuBefore = cpuSeconds(engine)
  const startedAt = performance.now()
  let next = 0
  const ask = async (): Promise<void> => {
    while (performance.now() - startedAt < seconds * 1000) {
      const at = performance.now()
      const res = await fetch(url(next++), { headers })
      await res.arrayBuffer()
      if (!res.ok) throw new Error(`${route} answered ${res.status}`)
      ms.push(performance.now() - at)
    }
  }
  await Promise.all(Array.from({ length: connections }, ask))
  const tookS = (performance.now() - startedAt) / 1000
  const sorted = ms.toSorted((a, b) => a - b)
  const at = (q: number): number => sorted[Math.floor(sorted.length * q)] ?? Number.NaN
  return {
    route,
    isShared,
    perSecond: ms.length / tookS,
    p50: at(0.5),
    p95: at(0.95),
    cpuMs: ((cpuSeconds(engine) - cpuBefore) * 1000) / ms.length,
  }
}

function cpuSeconds(engine: number | undefined): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6 + (engine === undefined ? 0 : (readStat(engine)?.cpuSeconds ?? 0))
}

function resultOf(
  samples: readonly Sample[],
  events: number,
  { options }: Context,
): ScenarioResult {
  return {
    notes: [
      `${events.toLocaleString('en-US')} events in five projects, two fifths of them in the one that is asked about; 10 connections, ${Math.min(10, options.seconds)} s each.`,
      'Not shared: Cache-Control: no-cache, so that each request has an answer of its own. The clients run in the process of the server, and their CPU counts.',
    ],
    tables: [
      {
        title: 'Requests to the REST API',
        columns: ['route', 'answers', 'requests/s', 'p50 ms', 'p95 ms', 'CPU ms a request'],
        rows: samples.map((s) => [
          s.route,
          s.isShared ? 'shared' : 'own',
          ...[s.perSecond, s.p50, s.p95, s.cpuMs].map((n) => n.toFixed(1)),
        ]),
      },
    ],
    data: samples,
  }
}
