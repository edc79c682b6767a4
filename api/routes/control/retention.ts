// The retention times of the tenant and of each project.

import { z } from 'zod'
import { anyId } from '../../../accounts/input.ts'
import { type RetentionState, retentionStates, setRetention } from '../../../accounts/retention.ts'
import { ARCHIVED_CLASSES } from '../../../core/deletion/retention.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { read, write } from './change.ts'

const days = z.int().min(1).max(36_500).nullable()

const daysShape = {
  content_days: days.describe('Prompts, answers, what tools were given and gave.'),
  events_days: days.describe('Events, traces, conversations, sessions, users, scores.'),
  figures_days: days.describe('Sums of usage by hour and day.'),
  signals_days: days.describe('Signals and issues.'),
  metrics_days: days.describe('Points of metrics, which are kept for 30 days at most.'),
}

const classes = z.array(z.enum(ARCHIVED_CLASSES))
const archive = classes
  .nullable()
  .describe(
    'Classes that are written to the archive of the instance before they are removed (`content`, `events`, `signals`); null leaves the word to the tenant, then to the configuration.',
  )

const stateSchema = z.object({
  project_id: z.string().nullable().describe('null: the tenant, for projects that say nothing.'),
  own: z.object({ ...daysShape, archive }).describe('What it says itself; null: nothing.'),
  kept: z
    .object({ ...daysShape, archive: classes })
    .describe('What holds, in days from receipt; null: for ever.'),
})
const answer = z.object({ data: z.array(stateSchema) })

const shown = (states: readonly RetentionState[]) => ({
  data: states.map(({ own, kept, ...state }) => ({
    ...state,
    own: { ...own, archive: own.archive === null ? null : [...own.archive] },
    kept: { ...kept, archive: [...kept.archive] },
  })),
})

export function retentionRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/retention',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['control'],
        summary: 'What is kept how long, by class of data, in each project',
        response: { 200: answer },
      },
    },
    async (req) =>
      await read(req, stores, async (client, tenantId) =>
        shown(await retentionStates({ client, tenantId })),
      ),
  )
  app.put(
    '/api/v1/retention',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Set how long data is kept',
        description:
          'Classes that are not named stay as they are; null leaves the word to the tenant, then to the configuration. What is too old goes within the hour.',
        body: z.strictObject({
          project_id: anyId.optional().describe('Without it: of the tenant.'),
          content_days: daysShape.content_days.optional(),
          events_days: daysShape.events_days.optional(),
          figures_days: daysShape.figures_days.optional(),
          signals_days: daysShape.signals_days.optional(),
          metrics_days: daysShape.metrics_days.optional(),
          archive: archive.optional(),
        }),
        response: { 200: answer },
      },
    },
    async (req) => {
      const { project_id, ...given } = req.body
      return await write(req, stores, async (change) => {
        await setRetention(change, project_id ?? null, given)
        return shown(await retentionStates(change))
      })
    },
  )
}
