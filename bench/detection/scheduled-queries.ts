// The detection beside what many do instead: queries over stored events that run every minute. Both get the same spans in the same run;
// the queries run on the embedded ClickHouse engine: `node bench/detection/scheduled-queries.ts [spans]`. The queries find less than the
// rules do: no cycles, no depth, no compaction, no season, and trends are compared with the window before only.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { DETECTION, detectionsOf } from '../../collector/detection/detections.ts'
import { SignalDetector } from '../../detection/detector.ts'
import { EVENT_COLUMNS, EVENTS_STREAM } from '../../exporters/clickhouse/columns.ts'
import { makeAgent, postRows } from '../../exporters/clickhouse/http.ts'
import { startClickHouseEngine } from '../../storage/clickhouse/engine/engine.ts'
import { migrateClickHouse } from '../../storage/migrations/clickhouse.ts'
import { chainConfig } from '../chain-config.ts'
import { readStat } from '../cpu.ts'
import { SPANS_PER_REQUEST, taskParts } from './chain-parts.ts'

const spans = Number(process.argv[2] ?? 60_000)
/** The queries run so often, and look so far back: a trace has ended by then, and a window has enough calls. */
const EVERY_S = 60
const WINDOW_S = 300
const REPEATS = 5
const TASK_REQUESTS = 10
const BASE_MS = Date.now() - 60_000

const FROM = 'FROM canonical_events FINAL'
const SERIES =
  'tenant_id, project_id, service_name, kind, route, provider, request_model, tool_name'

const QUERIES: Readonly<Record<string, string>> = {
  'equal calls of a trace': `SELECT tenant_id, project_id, trace_id, agent_name, tool_name, cityHash64(tool_arguments) AS asked, cityHash64(tool_result) AS got,
      count() AS n ${FROM} WHERE kind = 'tool' AND status != 'error'
    GROUP BY tenant_id, project_id, trace_id, agent_name, tool_name, asked, got HAVING n >= 4`,
  'equal questions of a trace': `SELECT tenant_id, project_id, trace_id, agent_name, request_model, cityHash64(input_messages) AS asked,
      cityHash64(output_messages) AS got, count() AS n ${FROM} WHERE kind = 'llm'
    GROUP BY tenant_id, project_id, trace_id, agent_name, request_model, asked, got HAVING n >= 4`,
  'failed calls of a trace': `SELECT tenant_id, project_id, trace_id, agent_name, tool_name, request_model, cityHash64(tool_arguments, input_messages) AS asked,
      count() AS n ${FROM} WHERE status = 'error'
    GROUP BY tenant_id, project_id, trace_id, agent_name, tool_name, request_model, asked HAVING n >= 3`,
  'children of a span': `SELECT tenant_id, project_id, trace_id, parent_span_id, count() AS n ${FROM}
    GROUP BY tenant_id, project_id, trace_id, parent_span_id HAVING n > 200`,
  'money of a trace': `SELECT tenant_id, project_id, trace_id, sum(cost_usd) AS usd, sumIf(cost_usd, status = 'error') AS wasted ${FROM}
    WHERE NOT usage_aggregate AND usage_duplicate_of IS NULL GROUP BY tenant_id, project_id, trace_id HAVING wasted >= 0.05 AND wasted >= 0.2 * usd`,
  'context of a conversation': `SELECT conversation_id, event_id, input_tokens, before FROM
      (SELECT tenant_id, project_id, conversation_id, event_id, input_tokens,
         lagInFrame(input_tokens) OVER (PARTITION BY tenant_id, project_id, conversation_id, agent_name, request_model ORDER BY start_time) AS before
       ${FROM} WHERE kind = 'llm' AND conversation_id IS NOT NULL) WHERE before >= 1000 AND input_tokens < before / 2`,
  'trends of a series': `SELECT ${SERIES}, toStartOfMinute(end_time) AS minute, count() AS n, countIf(status = 'error') AS errors,
      quantilesTDigest(0.5, 0.95)(duration_ms), quantilesTDigest(0.5, 0.95)(cost_usd), quantilesTDigest(0.5, 0.95)(input_tokens + output_tokens),
      quantilesTDigest(0.5, 0.95)(output_tokens) ${FROM} WHERE kind IN ('llm', 'tool', 'retrieval', 'embedding') GROUP BY ${SERIES}, minute HAVING n >= 50`,
  'models and ends of a series': `SELECT ${SERIES}, response_model, finish_reasons, count() AS n ${FROM} WHERE kind = 'llm'
    GROUP BY ${SERIES}, response_model, finish_reasons`,
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const cpuSeconds = (pid: number): number => readStat(pid)?.cpuSeconds ?? 0

const config = await chainConfig({ clickhouse: { url: 'http://127.0.0.1:8123' } })
const [detection] = detectionsOf(config)
if (detection === undefined) throw new Error('no detection')
const dataDir = mkdtempSync(join(tmpdir(), 'observa-bench-scheduled-'))
const engine = await startClickHouseEngine({
  dataDir,
  log: pino({ level: 'silent' }),
  progress: say,
})
const { url, username, password, database } = engine
const client = createClient({
  url,
  username,
  password,
  request_timeout: 300_000,
  log: { level: ClickHouseLogLevel.OFF },
})
try {
  await migrateClickHouse(client, database)
  const columns = EVENT_COLUMNS.map((c) => c.name).join(', ')
  const poster = {
    target: { url, username, password, database },
    agent: makeAgent(url, { connections: 1, guarded: false, tls: { insecure_skip_verify: false } }),
    gzip: false,
    timeoutMs: 60_000,
    settings: {},
  }
  const detector = new SignalDetector(detection.settings)
  let detectorUs = 0
  let encoderUs = 0
  let tasks = 0
  const requests = Math.ceil(spans / SPANS_PER_REQUEST)
  for (const { parts, timingsUs } of taskParts(config, {
    requests,
    requestsPerTask: TASK_REQUESTS,
    baseMs: BASE_MS,
  })) {
    const isWarm = tasks * TASK_REQUESTS >= requests / 2
    for (const { exporter, stream, bytes } of parts) {
      if (exporter.startsWith(DETECTION)) {
        if (isWarm) encoderUs += timingsUs[`encode:${exporter}`] ?? 0
        const before = process.threadCpuUsage()
        detector.observe(bytes, BASE_MS + tasks * 100)
        const { user, system } = process.threadCpuUsage(before)
        if (isWarm) detectorUs += user + system
      } else if (stream === EVENTS_STREAM) {
        const query = `INSERT INTO canonical_events (${columns}) FORMAT RowBinary`
        const failure = await postRows(
          poster,
          { query, token: '', bodies: [bytes] },
          AbortSignal.timeout(60_000),
        )
        if (failure !== null) throw new Error(JSON.stringify(failure))
      }
    }
    tasks++
  }
  const pid = engine.pid()
  if (pid === undefined) throw new Error('the engine does not run')
  // What is merged now is not a query's.
  await client.command({ query: `OPTIMIZE TABLE ${database}.canonical_events FINAL` })
  await delay(3000)
  say(`${spans} spans; CPU time in µs a span of one run, least of ${REPEATS}`)
  let sum = 0
  for (const [what, sql] of Object.entries(QUERIES)) {
    let least = Number.POSITIVE_INFINITY
    let rows = 0
    for (let i = 0; i < REPEATS; i++) {
      const before = cpuSeconds(pid)
      const answer = await client.query({
        query: sql.replace('canonical_events', `${database}.canonical_events`),
        format: 'JSONEachRow',
      })
      rows = (await answer.json()).length
      least = Math.min(least, ((cpuSeconds(pid) - before) * 1e6) / spans)
    }
    sum += least
    say(`  ${what.padEnd(30)} ${least.toFixed(2).padStart(6)}  ${rows} rows`)
  }
  say(`  all queries                    ${sum.toFixed(2).padStart(6)}`)
  say(
    `every ${EVERY_S} s over ${WINDOW_S} s: ${((sum * WINDOW_S) / EVERY_S).toFixed(2)} µs a span, ${EVERY_S / 2} s until a finding in the mean`,
  )
  say(
    `detection: ${((2 * detectorUs) / spans).toFixed(2)} µs a span, and ${((2 * encoderUs) / spans).toFixed(2)} in the worker (second half of the spans); within seconds (\`delays.ts\`)`,
  )
} finally {
  await client.close()
  await engine.stop()
  rmSync(dataDir, { recursive: true, force: true })
}
process.exit(0)
