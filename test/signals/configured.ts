// For tests of signals: a run of requests through the processors, in this process.

import { PipeRun } from '../../collector/cli/pipe/pipe-run.ts'
import { registry } from '../../collector/registry.ts'
import { loadConfig } from '../../config/load.ts'
import type { ObservaConfig } from '../../config/root.ts'
import type { Signal } from '../../core/signals/signal.ts'
import type { TaskRequest } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'

export async function configWith(signals = '{}'): Promise<ObservaConfig> {
  const text = `
receivers: { otlp: {} }
processors: { scrub: {}, canonicalize: {}, cost: {}, signals: ${signals} }
exporters: { debug: {} }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [debug] }
`
  const loaded = await loadConfig({
    files: ['a.yaml'],
    sets: [],
    env: {},
    readFile: () => Promise.resolve(text),
    fileMode: () => Promise.resolve(0o600),
    registry,
  })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors))
  return loaded.config
}

export function taskRequest(otlp: unknown, receivedAtMs: number): TaskRequest {
  return {
    payload: Buffer.from(JSON.stringify(otlp)),
    encoding: 'identity',
    format: 'otlp-json',
    telemetry: 'traces',
    tenant: DEFAULT_TENANT,
    receivedAtMs,
  }
}

/** All signals of the requests, in their final form. */
export function signalsOf(config: ObservaConfig, requests: readonly TaskRequest[]): Signal[] {
  const run = new PipeRun(config, { pipelineId: null, explain: false, isEncoding: false })
  const out = new Map<string, Signal>()
  for (const request of requests) {
    const { chain, verdict } = run.request(request)
    if (verdict.kind !== 'accepted') throw new Error(JSON.stringify(verdict))
    for (const s of chain.signals) out.set(s.signal_id, s)
  }
  for (const s of run.finish()) out.set(s.signal_id, s)
  return [...out.values()]
}
