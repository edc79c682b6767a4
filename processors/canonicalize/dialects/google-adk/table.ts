// Google's Agent Development Kit: request and response as JSON under gcp.vertex.agent.*.

import { type Dialect, RANK } from '../../rules/dialect.ts'
import { hooks } from './hooks.ts'
import { transforms } from './transforms.ts'

export const googleAdk: Dialect<keyof typeof transforms> = {
  name: 'google-adk',
  about: 'Google Agent Development Kit',
  source: 'google/adk-python:src/google/adk/telemetry/tracing.py',
  scopes: ['gcp.vertex.agent'],
  markers: ['gcp.vertex.agent.*', 'gen_ai.system=gcp.vertex.agent'],
  isStrong: true,
  names: {
    call_llm: 'llm',
    invocation: 'workflow',
    'agent_run *': 'agent',
    'invoke_agent *': 'agent',
    'execute_tool *': 'tool',
  },
  transforms,
  frameworks: { 'gcp.vertex.agent': 'gcp.gen_ai' },
  hooks,
  rows: [
    ['gcp.vertex.agent.llm_request', 'io.input', 'io-adk', { rank: RANK.blob }],
    ['gcp.vertex.agent.llm_response', 'io.output', 'io-adk', { rank: RANK.blob }],
    [
      'gcp.vertex.agent.llm_response',
      'flag.thoughts',
      'adk-usage',
      { note: 'thoughts are not in output_tokens: added' },
    ],
    ['gcp.vertex.agent.tool_call_args', 'tool_arguments', 'json', { rank: RANK.own }],
    ['gcp.vertex.agent.tool_response', 'tool_result', 'json', { rank: RANK.own }],
    ['gcp.vertex.agent.session_id', 'session_id', 'id', { rank: 45 }],
    ['gcp.vertex.agent.invocation_id', 'metadata.invocation_id'],
    ['gcp.vertex.agent.event_id', 'metadata.event_id'],
    ['gcp.vertex.agent.data', 'io.input', 'io-adk', { rank: RANK.blob }],
  ],
  notes: [
    [
      'gen_ai.system=gcp.vertex.agent',
      'rule',
      'provider',
      'a framework: gcp.gen_ai on calls, unless the model says otherwise',
    ],
    ['(merged tools)', 'rule', 'usage_aggregate', 'a synthetic span'],
    ['call_llm', 'rule', 'kind', 'llm'],
    ['invocation', 'rule', 'kind', 'workflow'],
  ],
}
