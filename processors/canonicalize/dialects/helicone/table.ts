// Helicone's association properties on OpenLLMetry spans.

import type { Dialect } from '../../rules/dialect.ts'

const prefix = 'traceloop.association.properties.Helicone-'

export const helicone: Dialect = {
  name: 'helicone',
  about: 'Helicone properties on OpenLLMetry spans',
  source: 'docs.helicone.ai/getting-started/integration-method/openllmetry',
  isGeneral: true,
  markers: [`${prefix}*`],
  rows: [
    [`${prefix}User-Id`, 'user_id', 'id', { rank: 50 }],
    [`${prefix}Session-Id`, 'session_id', 'id', { rank: 50 }],
    [`${prefix}Session-Path`, 'metadata.session_path'],
    [`${prefix}Session-Name`, 'workflow_name', 'text', { rank: 60 }],
    [`${prefix}Prompt-Id`, 'prompt_name', 'text', { rank: 60 }],
    [`${prefix}Property-*`, 'metadata.*', 'meta'],
  ],
}
