// The default processors before some exporters, for benchmarks that run a chain in their own process.

import { registry } from '../collector/registry.ts'
import { loadConfig } from '../config/load.ts'
import type { ObservaConfig } from '../config/root.ts'

/** The exporters by name, with their settings. */
export async function chainConfig(
  exporters: Readonly<Record<string, object>>,
): Promise<ObservaConfig> {
  const processors = ['scrub', 'canonicalize', 'cost', 'signals']
  const pipeline = { receivers: ['otlp'], processors, exporters: Object.keys(exporters) }
  const config = {
    receivers: { otlp: {} },
    processors: Object.fromEntries(processors.map((name) => [name, {}])),
    exporters,
    service: { pipelines: { traces: pipeline } },
  }
  const loaded = await loadConfig({
    files: ['bench.yaml'],
    sets: [],
    env: {},
    // Every JSON document is YAML.
    readFile: () => Promise.resolve(JSON.stringify(config)),
    fileMode: () => Promise.resolve(0o600),
    registry,
  })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors, null, 2))
  return loaded.config
}
