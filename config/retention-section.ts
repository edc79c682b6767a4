// The section `retention` of the configuration: how long data is kept when neither its project nor its tenant has a setting
// of its own.

import { z } from 'zod'
import { duration } from '../core/config/config-types.ts'
import { ARCHIVED_CLASSES } from '../core/deletion/retention.ts'

const DAY_MS = 86_400_000

const age = (what: string) =>
  duration({ min: DAY_MS, max: 36_500 * DAY_MS })
    .optional()
    .describe(`${what} Whole days, such as 720h. When absent they are kept.`)

export const retentionSection = z.strictObject({
  content: age('Prompts, answers and what tools were given and gave, counted from receipt.'),
  events: age('Events, traces, conversations, sessions and users.'),
  figures: age('Sums of usage by hour and day.'),
  signals: age('Signals and issues.'),
  metrics: age('Points of metrics, for 30 days at most.'),
  archive: z
    .array(z.enum(ARCHIVED_CLASSES))
    .optional()
    .describe(
      'Classes that are written to the `archive` before they are removed: `content`, `events`, `signals`. When absent nothing is.',
    ),
})

export type RetentionConfig = z.output<typeof retentionSection>
