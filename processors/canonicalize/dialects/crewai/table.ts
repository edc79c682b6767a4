// CrewAI's own telemetry; richer spans come from the OpenInference and OpenLLMetry instrumentations.

import type { Dialect } from '../../rules/dialect.ts'

const own = { when: 'own' } as const

export const crewai: Dialect = {
  name: 'crewai',
  about: 'CrewAI telemetry',
  source: 'crewAIInc/crewAI:lib/crewai/src/crewai/telemetry/telemetry.py',
  scopes: ['crewai.telemetry'],
  markers: ['crew_key', 'crewai_version'],
  names: {
    'Crew Created': 'workflow',
    'Crew Execution': 'workflow',
    'Task Created': 'chain',
    'Task Execution': 'chain',
    'Tool Usage': 'tool',
    'Tool Repeated Usage': 'tool',
    'Tool Usage Error': 'tool',
    'Flow Creation': 'workflow',
    'Flow Execution': 'workflow',
  },
  frameworks: { crewai: null },
  rows: [
    ['crew_key', 'metadata.crew_key'],
    ['crew_id', 'metadata.crew_id', 'meta', own],
    ['crewai_version', 'scope_version', 'text'],
    ['crew_process', 'metadata.crew_process', 'meta', own],
    ['crew_memory', 'metadata.crew_memory', 'meta', own],
    ['crew_number_of_tasks', 'metadata.crew_number_of_tasks', 'meta', own],
    ['crew_number_of_agents', 'metadata.crew_number_of_agents', 'meta', own],
    ['crew_agents', 'metadata.crew_agents', 'meta', own],
    ['crew_tasks', 'metadata.crew_tasks', 'meta', own],
    ['crew_inputs', 'io.input', 'io', own],
    ['crew_output', 'io.output', 'io', own],
    ['crew_tasks_output', 'io.output', 'io', own],
    ['task_key', 'metadata.task_key', 'meta', own],
    ['task_id', 'metadata.task_id', 'meta', own],
    ['task_fingerprint', 'metadata.task_fingerprint', 'meta', own],
    ['formatted_description', 'io.input', 'io', own],
    ['formatted_expected_output', 'metadata.expected_output', 'meta', own],
    ['task_output', 'io.output', 'io', own],
    ['tool_name', 'tool_name', 'text', { ...own, rank: 60 }],
    ['attempts', 'metadata.attempts', 'meta', own],
    ['llm', 'request_model', 'model', { ...own, rank: 70 }],
    ['agent_role', 'agent_name', 'text', { ...own, rank: 60 }],
    ['agent_key', 'metadata.agent_key', 'meta', own],
  ],
}
