// Haystack pipelines: spans named by what runs, content as JSON text.

import { type Dialect, RANK } from '../../rules/dialect.ts'
import { transforms } from './transforms.ts'

export const haystack: Dialect<keyof typeof transforms> = {
  name: 'haystack',
  about: 'Haystack tracing',
  source: 'deepset-ai/haystack:test/core/pipeline/test_tracing.py',
  scopes: ['haystack*'],
  markers: ['haystack.*'],
  names: {
    'haystack.pipeline.run': 'workflow',
    'haystack.async_pipeline.run': 'workflow',
    'haystack.component.run': 'chain',
    'haystack.agent.run': 'agent',
    'haystack.agent.step': 'chain',
    'haystack.agent.step.llm': 'llm',
    'haystack.agent.step.tool': 'tool',
  },
  transforms,
  rows: [
    ['haystack.component.type', 'kind', 'component-kind', { rank: 56 }],
    ['haystack.component.type', 'metadata.component_type'],
    ['haystack.component.name', 'name', 'text', { rank: 50 }],
    ['haystack.component.fully_qualified_type', 'metadata.component_fqn'],
    ['haystack.component.input', 'io.input', 'io', { rank: RANK.entity }],
    ['haystack.component.output', 'flag.body', 'haystack-output'],
    ['haystack.component.output', 'io.output', 'io', { rank: RANK.entity }],
    ['haystack.component.visits', 'metadata.visits'],
    ['haystack.component.input_types', 'drop'],
    ['haystack.component.input_spec', 'drop'],
    ['haystack.component.output_spec', 'drop'],
    ['haystack.pipeline.input_data', 'io.input', 'io', { rank: RANK.entity }],
    ['haystack.pipeline.output_data', 'io.output', 'io', { rank: RANK.entity }],
    ['haystack.pipeline.metadata', 'metadata', 'meta-json'],
    ['haystack.agent.input', 'io.input', 'io', { rank: RANK.entity }],
    ['haystack.agent.output', 'io.output', 'io', { rank: RANK.entity }],
    ['haystack.agent.tools', 'tool_definitions', 'tools', { rank: 60 }],
    ['haystack.agent.steps_taken', 'metadata.steps_taken'],
    ['haystack.agent.max_steps', 'metadata.max_steps'],
    ['haystack.agent.step.llm.input', 'io.input', 'io', { rank: RANK.entity }],
    ['haystack.agent.step.llm.output', 'io.output', 'io', { rank: RANK.entity }],
    ['haystack.agent.step.tool.input', 'tool_arguments', 'json', { rank: 50 }],
    ['haystack.agent.step.tool.output', 'tool_result', 'json', { rank: 50 }],
    ['haystack.tool.name', 'tool_name', 'text', { rank: 50 }],
    ['haystack.tool.description', 'tool_description', 'text', { rank: 50 }],
  ],
}
