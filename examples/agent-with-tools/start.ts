// Runs the example: npm run example agent-with-tools

import { join } from 'node:path'
import { showEvents, showSignals } from '../harness/print-events.ts'
import { inSession, withLlm } from '../harness/session.ts'

const here = import.meta.dirname

await withLlm((llm) =>
  inSession(join(here, 'observa.yaml'), {}, async (session) => {
    await session.run(process.execPath, [join(here, 'agent.ts')], llm)
    await session.drained()
    showEvents(await session.written('event'))
    showSignals(await session.written('signal'))
  }),
)
