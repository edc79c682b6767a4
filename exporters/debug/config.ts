// The configuration schema of the `debug` exporter.

import { z } from 'zod'
import { size } from '../../core/config/config-types.ts'

export const schema = z.strictObject({
  verbosity: z
    .enum(['basic', 'normal', 'detailed'])
    .default('basic')
    .describe(
      'basic: kind, name, status, duration. normal: also model, tokens, cost, ids. detailed: the whole event as JSON.',
    ),
  lines_per_second: z
    .int()
    .min(1)
    .max(10_000)
    .default(50)
    .describe('Most lines in a second; further ones are left out and counted.'),
  line_bytes_max: size().prefault('8KiB').describe('Longest line; a longer one is cut.'),
})

export type Config = z.output<typeof schema>
export type Verbosity = Config['verbosity']
