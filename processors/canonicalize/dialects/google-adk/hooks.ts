// Names of agents, and the span that stands for several tool calls.

import { R } from '../../../../core/fields.ts'
import type { Hooks } from '../../rules/dialect.ts'

const AGENT = /^agent_run \[(.+)\]$/

export const hooks: Hooks = {
  isVirtual: (span) => span.fieldText(R.tool_name) === '(merged tools)',
  readOtherName: (span, name) => {
    const agent = AGENT.exec(name)?.[1]
    if (agent !== undefined) span.offerText(R.agent_name, agent)
  },
}
