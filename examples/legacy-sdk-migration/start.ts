// Runs the example: npm run example legacy-sdk-migration

import { join } from 'node:path'
import { showEvents } from '../harness/print-events.ts'
import { inSession, type Row, say, withLlm } from '../harness/session.ts'

const here = import.meta.dirname
/** Fields that must be equal in both events of the call. */
const SAME = ['kind', 'request_model', 'input_tokens', 'cost_usd', 'input_messages'] as const

await withLlm((llm) =>
  inSession(join(here, 'observa.yaml'), {}, async (session) => {
    await session.run(process.execPath, [join(here, 'before.ts')], {
      ...llm,
      OBSERVA_URL: session.apiUrl,
    })
    await session.run(process.execPath, [join(here, 'after.ts')], llm)
    await session.drained()
    const events = await session.written('event')
    showEvents(events)
    const calls = events.filter((e) => e['kind'] === 'llm')
    say()
    for (const field of SAME)
      say(`${field}: ${calls.map((row: Row) => JSON.stringify(row[field])).join(' | ')}`)
  }),
)
