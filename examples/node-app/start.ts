// Runs the example: npm run example node-app

import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { inSession, say, withLlm } from '../harness/session.ts'

const here = import.meta.dirname

interface Trace {
  readonly trace_id: string
  readonly name: string | null
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cost_usd: number
  readonly user_id: string | null
  readonly signals: number
}

await withLlm((llm) =>
  inSession(join(here, 'observa.yaml'), {}, async (session) => {
    const app = ['--import', join(here, 'telemetry.ts'), join(here, 'app.ts')]
    await session.run(process.execPath, app, llm)
    await session.drained()
    const get = async <T>(path: string): Promise<T> =>
      (await (await fetch(`${session.apiUrl}${path}`)).json()) as T
    let traces: Trace[] = []
    // The sums of a trace are stored a moment after its events, so ask until they are there.
    for (let tries = 0; traces.length < 2 && tries < 100; tries++) {
      traces = (await get<{ data: Trace[] }>('/api/v1/traces')).data
      await delay(50)
    }
    say()
    for (const t of traces)
      say(
        `trace ${t.name}: user ${t.user_id}, ${t.input_tokens} + ${t.output_tokens} tokens, ${t.cost_usd.toFixed(6)} USD, ${t.signals} signals`,
      )
    for (const t of traces) {
      const { data } = await get<{ data: { kind: string; input_messages: unknown }[] }>(
        `/api/v1/traces/${t.trace_id}/events`,
      )
      for (const e of data.filter((e) => e.kind === 'llm'))
        say(`stored: ${JSON.stringify(e.input_messages)}`)
    }
    const { data: signals } = await get<{ data: { type: string; evidence: unknown }[] }>(
      '/api/v1/signals',
    )
    for (const signal of signals) say(`signal: ${signal.type} ${JSON.stringify(signal.evidence)}`)
  }),
)
