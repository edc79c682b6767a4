// Strands Agents: Bedrock blocks in message events, milliseconds under a seconds name, sums on invoke_agent.

import type { Dialect } from '../../rules/dialect.ts'

export const strands: Dialect = {
  name: 'strands',
  about: 'Strands Agents SDK',
  source: 'strands-agents/sdk-python:src/strands/telemetry/tracer.py',
  scopes: ['strands.telemetry.tracer', 'strands-agents*'],
  markers: [
    'gen_ai.system=strands-agents',
    'gen_ai.provider.name=strands-agents',
    'event_loop.cycle_id',
  ],
  names: {
    invoke_swarm: 'workflow',
    invoke_graph: 'workflow',
    execute_event_loop_cycle: 'chain',
    'execute_event_loop_cycle *': 'chain',
  },
  cacheIsExtra: true,
  frameworks: { 'strands-agents': null, strands: null },
  rows: [
    ['agent_name', 'agent_name', 'text', { when: 'own', rank: 45 }],
    ['gen_ai.agent.tools', 'tool_definitions', 'tools', { rank: 60 }],
    ['gen_ai.usage.cache_write_input_tokens', 'cache_write_tokens', 'int', { rank: 31 }],
    [
      'gen_ai.server.request.duration',
      'drop',
      'drop',
      { note: 'milliseconds; the times of the span win' },
    ],
    [
      'gen_ai.server.time_to_first_token',
      'time_to_first_chunk_ms',
      'number',
      { when: 'own', rank: 60, note: 'milliseconds, under a name that has seconds elsewhere' },
    ],
    ['gen_ai.event.start_time', 'drop'],
    ['gen_ai.event.end_time', 'drop'],
    ['event_loop.cycle_id', 'metadata.event_loop_cycle_id'],
    ['event_loop.parent_cycle_id', 'metadata.event_loop_parent_cycle_id'],
    ['gen_ai.tool.status', 'flag.failure', 'outcome'],
    ['tool.status', 'flag.failure', 'outcome', { when: 'own' }],
  ],
  notes: [
    [
      'gen_ai.usage.cache_*_input_tokens',
      'rule',
      'input_tokens',
      'Bedrock leaves them out of input_tokens: added',
    ],
    [
      'gen_ai.{user,assistant,tool,system}.message, gen_ai.choice',
      'span event',
      '*_messages',
      'JSON lists of Bedrock blocks',
    ],
  ],
}
