// Microsoft AutoGen.

import type { Dialect } from '../../rules/dialect.ts'

export const autogen: Dialect = {
  name: 'autogen',
  about: 'Microsoft AutoGen',
  source: 'microsoft/autogen:python/packages/autogen-core/src/autogen_core/_telemetry/_genai.py',
  scopes: ['autogen-core', 'autogen_core', 'autogen*'],
  markers: ['gen_ai.system=autogen'],
  names: {
    'autogen create *': 'chain',
    'autogen send *': 'chain',
    'autogen publish *': 'chain',
    'autogen process *': 'chain',
    'autogen *': 'chain',
  },
  frameworks: { autogen: null },
  rows: [
    ['messaging.operation', 'metadata.messaging_operation', 'meta', { when: 'own' }],
    ['messaging.destination', 'metadata.messaging_destination', 'meta', { when: 'own' }],
    ['messaging.message.type', 'metadata.messaging_type', 'meta', { when: 'own' }],
    [
      'messaging.message.envelope.size',
      'metadata.messaging_envelope_size',
      'meta',
      { when: 'own' },
    ],
  ],
}
