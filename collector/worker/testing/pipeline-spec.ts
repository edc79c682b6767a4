// For tests: a pipeline that only canonicalizes.

import { DEFAULT_LIMITS } from '../../../proto/decode.ts'
import type { PipelineSpec } from '../build-chain.ts'

/** The spec of a traces pipeline with canonicalize, and with these encoders. */
export function canonicalizeOnly(encoders: PipelineSpec['encoders'] = []): PipelineSpec {
  const settings = {
    keep_attributes: false,
    keep_resource_attributes: false,
    attribute_bytes_max: 65_536,
    drop_keys: [],
    provider_aliases: {},
  }
  return {
    id: 'traces',
    processors: [{ id: 'canonicalize', type: 'canonicalize', settings }],
    encoders,
    limits: DEFAULT_LIMITS,
    explain: false,
  }
}

/** Events as lines of a file, without signals. */
export const FILE_ENCODER = { id: 'file', type: 'file', settings: { signals: false } } as const
