// `observa run`: starts the service, shows progress on the terminal, prints the addresses, and stops on a signal.
// SIGHUP reloads the configuration.

import { availableParallelism, totalmem } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { type Bootstrap, bootstrapOf } from '../../accounts/bootstrap.ts'
import type { ObservaConfig } from '../../config/root.ts'
import { systemClock } from '../../core/clock.ts'
import { formatBytes, formatDuration } from '../../core/config/units.ts'
import { Metrics } from '../../core/metrics.ts'
import { storeCompiledModules } from '../compiled-modules.ts'
import { openSentry, scrubSettingsOf } from '../sentry/open-sentry.ts'
import { Reloader } from '../service/reload.ts'
import { startSelfTraces } from '../service/self-traces.ts'
import { Service } from '../service/service.ts'
import { onSignals } from '../stop-signal.ts'
import type { UncaughtErrors } from '../uncaught-errors.ts'
import { CONFIG_OPTIONS, parseOptions } from './args.ts'
import type { Io } from './io.ts'
import { load, loadOrExplain } from './load.ts'
import { packageVersion } from './version.ts'

/** How long a drain may take, ms. After that, or at a second signal, the process ends at once. */
const STOP_MS_MAX = 25_000
/** Errors of the stop itself get so long to be reported. */
const REPORTS_MS = 2000

export async function run(
  args: readonly string[],
  io: Io,
  faults: UncaughtErrors,
): Promise<number> {
  const startedAt = performance.now()
  tuneCollector()
  const values = parseOptions('run', args, CONFIG_OPTIONS)
  const config = await loadOrExplain(values, io)
  if (config === null) return 1
  const metrics = new Metrics()
  const version = packageVersion()
  const { log, sentry } = openSentry(config, { env: io.env, metrics, version })
  const progress = (text: string): void => {
    if (io.isTty) io.err(`  ${text}\n`)
    else log.info(text)
  }
  const stopTraces = await startSelfTraces({
    endpoint: config.telemetry.traces.endpoint?.reveal() ?? null,
    sample: config.telemetry.traces.sample,
  })
  const surroundings = { log, metrics, clock: systemClock }
  const bootstrap = bootstrapOf(config.bootstrap, io.env)
  const service = new Service(config, {
    ...surroundings,
    random: Math.random,
    version,
    progress,
    bootstrap,
    onFirstKey: (key) => io.err(firstKey(bootstrap, key)),
    reportRequest: sentry?.request,
  })
  const reloader = new Reloader({
    ...surroundings,
    load: values.config === undefined ? null : () => load(values, io),
    apply: async (next) => {
      const changed = await service.reload(next)
      sentry?.useScrubSettings(scrubSettingsOf(next))
      return changed
    },
  })
  faults.use(log, async () => {
    await service.stop()
    await sentry?.close(REPORTS_MS)
  })
  // The handler is set before the start, because SIGHUP without a handler would end the process.
  process.on('SIGHUP', () => reloader.request())
  const stopped = onSignals(io)
  io.err(`observa ${version}: ${availableParallelism()} cores, ${formatBytes(totalmem())} memory\n`)
  // Before anything listens, because writing takes a second or two the first time; what the start itself loads is little.
  storeCompiledModules()
  await service.start()
  reloader.open()
  io.err(banner(config, service, performance.now() - startedAt))
  storeCompiledModules()
  const signal = await stopped
  reloader.close()
  io.err(`${signal}: draining\n`)
  const kill = setTimeout(() => {
    io.err(
      `the drain takes more than ${STOP_MS_MAX / 1000} s: stopping now; the next start goes on with the log\n`,
    )
    process.exit(1)
  }, STOP_MS_MAX)
  await service.stop()
  await Promise.all([stopTraces(), sentry?.close(REPORTS_MS)])
  clearTimeout(kill)
  io.err('stopped; everything accepted is delivered or kept in the log\n')
  // Client libraries may hold idle sockets, which would keep the process running although its work is done.
  setImmediate(() => process.exit(0))
  return 0
}

/**
 * Makes V8 count external buffers with the heap. Request bodies and encoded parts are such buffers, and by default V8
 * runs a full collection for every 64 MB of them: three a second under load, 60 ms each (node --trace-gc, 2026-11).
 * Counted with the heap they cause a seventh of that. How much garbage may then pile up is up to the second flag: by default a
 * multiple of what lives, which under overload were 500 MB that belonged to nobody.
 */
function tuneCollector(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  setFlagsFromString('--heap-growing-percent=50')
}

const firstKey = ({ tenantId, projectId }: Bootstrap, key: string): string =>
  `
The control plane had no key. This one belongs to tenant "${tenantId}" and project "${projectId}", has every scope, and is not shown again:

  ${key}

`

function banner(config: ObservaConfig, service: Service, tookMs: number): string {
  const { grpc, otlp, http } = service.receiverUrls()
  const lines = [`ready in ${formatDuration(tookMs)}`, '']
  if (grpc !== null) lines.push(`  OTLP/gRPC    ${grpc}`)
  if (otlp !== null) lines.push(`  OTLP/HTTP    ${otlp}   (OTEL_EXPORTER_OTLP_ENDPOINT)`)
  if (http !== null) {
    lines.push(`  console      ${http}`)
    lines.push(`  REST API     ${http}/api/v1/traces   explorer ${http}/docs`)
    lines.push(`  old SDKs     ${http}/api/v1/events/ingest`)
  }
  const { metrics } = config.telemetry
  if (metrics.enabled)
    lines.push(`  metrics      http://${service.listeners.address(metrics.endpoint)}/metrics`)
  if (otlp !== null) {
    const isOpen = config.auth === 'none'
    lines.push('', isOpen ? 'Try it:' : 'Try it with a key:', '')
    lines.push(`  ${curlLine(otlp, isOpen)}`, '', `  ${demoLine(otlp, http, isOpen)}`)
  }
  if (config.auth === 'none')
    lines.push(
      '',
      'NO KEY IS NEEDED (auth: none): everything that is sent here without a key belongs to the tenant "default".',
    )
  return `${lines.join('\n')}\n\n`
}

/** Where the demo sends when it is not told. */
const DEMO_OTLP = 'http://127.0.0.1:4318'
const DEMO_API = 'http://127.0.0.1:3000'

function demoLine(otlp: string, http: string | null, isOpen: boolean): string {
  const options = [
    ...(otlp === DEMO_OTLP ? [] : [`--otlp ${otlp}`]),
    ...(http === null || http === DEMO_API ? [] : [`--api ${http}`]),
    ...(isOpen ? [] : ['--key sk_...']),
  ]
  return ['npm run demo', ...(options.length === 0 ? [] : ['--', ...options])].join(' ')
}

/** A span of now, so that it is in what the console shows first. */
function curlLine(otlp: string, isOpen: boolean): string {
  const endMs = Date.now()
  const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"chat gpt-4o","startTimeUnixNano":"${endMs - 1000}000000","endTimeUnixNano":"${endMs}000000","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"}},{"key":"gen_ai.usage.input_tokens","value":{"intValue":"12"}}]}]}]}]}`
  const key = isOpen ? '' : " -H 'authorization: Bearer sk_...'"
  return `curl -H 'content-type: application/json'${key} ${otlp}/v1/traces -d '${body}'`
}
