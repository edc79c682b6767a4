// What a user writes under `debug`.

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
    .describe('Lines above this rate are left out and counted.'),
  line_bytes_max: size().prefault('8KiB').describe('A longer line is cut.'),
})

export type Config = z.output<typeof schema>
export type Verbosity = Config['verbosity']
