// The same faults for this product and for the OpenTelemetry Collector with its persistent queue: SIGKILL under load, with a
// destination that is down in half of the cycles. Counts what was acknowledged, lost and delivered again; times say nothing here.

import type { Drill } from '../../test/drill/drill.ts'
import { killCollector, killSink } from '../../test/drill/drills/kill-sink.ts'
import { runDrill } from '../../test/drill/rounds.ts'
import type { ScenarioResult } from '../results.ts'
import type { Scenario } from '../scenario.ts'

const CYCLES_PER_ROUND = 20

const SUBJECTS: readonly { readonly name: string; readonly drill: Drill }[] = [
  { name: 'Observa, otlp_http', drill: killSink },
  { name: 'Collector 0.161.0, otlp_http, file_storage with fsync', drill: killCollector },
]

export const faults: Scenario = {
  name: 'faults',
  title: 'faults side by side',
  async run({ options, say }): Promise<ScenarioResult> {
    const cycles = options.rounds * CYCLES_PER_ROUND
    const rows: string[][] = []
    const data: Record<string, unknown> = {}
    for (const { name, drill } of SUBJECTS) {
      const { total } = await runDrill(drill, {
        cycles,
        seed: 1,
        signal: new AbortController().signal,
        progress: (text) => say(`${name}: ${text}`),
      })
      data[drill.name] = total
      const again = total.notes['delivered_again'] ?? 0
      const counts = [
        total.cycles,
        total.acknowledged,
        total.delivered,
        total.lost,
        Number(again),
        total.corrupt,
      ]
      rows.push([name, ...counts.map((n) => n.toLocaleString('en'))])
    }
    return {
      notes: [
        'SIGKILL after up to 60 answers, with six clients; every other cycle sends copies. The destination answers 503 in half of the cycles.',
        '`npm run drill -- kill-sink`, `npm run drill -- kill-collector`; the configuration of the Collector is `bench/peers/configs/queue.yaml`.',
        'Both promise at-least-once delivery to OTLP/HTTP. Observa recognises a request that a client sends again; the Collector does not.',
      ],
      tables: [
        {
          title: 'SIGKILL under load (spans)',
          columns: ['subject', 'kills', 'acknowledged', 'delivered', 'lost', 'again', 'corrupt'],
          rows,
        },
      ],
      data,
    }
  },
}
