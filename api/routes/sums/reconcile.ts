// `POST /api/v1/reconcile` compares a provider's usage export with what was counted.

import { z } from 'zod'
import {
  KEY_FIELDS,
  type KeySource,
  RECONCILED_EVENTS_MAX,
  reconciledEvents,
} from '../../../storage/queries/reconcile.ts'
import { ExportError, PROVIDERS, type Provider } from '../../../storage/reconcile/billed.ts'
import { compare, REASONS, type Reason } from '../../../storage/reconcile/compare.ts'
import { type ExportFile, readExport } from '../../../storage/reconcile/export-file.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'

const DAYS_MAX = 93
const BODY_BYTES_MAX = 32 * 1024 * 1024

const amount = z.number().optional()
const billedSchema = z.object({
  calls: amount,
  input_tokens: amount,
  output_tokens: amount,
  cache_read_tokens: amount,
  cache_write_tokens: amount,
  cost_usd: amount,
})
const countedSchema = billedSchema.required()
const reasons = Object.keys(REASONS) as [Reason, ...Reason[]]

const eventSchema = z.object({
  event_id: z.string(),
  trace_id: z.string(),
  span_id: z.string(),
  response_id: z.string().nullable(),
  model: z.string(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  cost_usd: z.number().nullable(),
  reasons: z
    .array(z.enum(reasons))
    .describe(
      `Why the difference may come from it. ${reasons.map((r) => `${r}: ${REASONS[r]}`).join(' ')}`,
    ),
})

const rowSchema = z.object({
  day: z.string().describe('UTC.'),
  model: z.string(),
  key: z.string().nullable(),
  billed_models: z.array(z.string()),
  counted_models: z.array(z.string()),
  status: z
    .enum(['equal', 'different', 'not_counted', 'not_billed'])
    .describe('Costs are equal within half a percent or a cent, everything else exactly.'),
  billed: billedSchema.describe('What the export says; what it does not say is left out.'),
  counted: countedSchema,
  difference: billedSchema.describe('Counted less billed.'),
  events: z.array(eventSchema),
  more_events: z.number(),
  missing_calls: z.array(z.string()).describe('Ids of billed calls that no event has.'),
})

const bodySchema = z.strictObject({
  provider: z.enum(PROVIDERS).optional().describe('Default: told by the form of the export.'),
  content: z
    .union([z.string(), z.array(z.unknown()), z.record(z.string(), z.unknown())])
    .describe('The export: the text of a CSV, JSON or JSON lines file, or JSON as it is.'),
  key_field: z
    .union([z.enum(KEY_FIELDS), z.string().regex(/^metadata\..{1,200}$/s)])
    .optional()
    .describe(
      "Where events name the provider's key, as the export does. Without it keys are added up.",
    ),
})

export function reconcileRoutes(app: Api, stores: Stores): void {
  app.post(
    '/api/v1/reconcile',
    {
      bodyLimit: BODY_BYTES_MAX,
      config: { scope: 'query' },
      schema: {
        tags: ['costs'],
        summary:
          "A provider's usage export (OpenAI, Anthropic, Bedrock, OpenRouter) beside what was counted, by day, model and key",
        body: bodySchema,
        response: {
          200: z.object({
            provider: z.enum(PROVIDERS),
            from: z.string(),
            to: z.string(),
            equal: z.number(),
            different: z.number(),
            billed: billedSchema,
            counted: countedSchema,
            usage_inconsistent: z
              .number()
              .describe(
                'Events counted although their counts add up to the total they reported in no reading.',
              ),
            inconsistent: z
              .array(z.object({ scope_name: z.string().nullable(), events: z.number() }))
              .describe('Those by instrumentation scope, the most frequent first.'),
            notes: z.array(z.string()).describe('What of the export was not compared.'),
            data: z.array(rowSchema),
          }),
        },
      },
    },
    async (req) => {
      const { content, provider, key_field } = req.body
      const file = readOrRefuse(content, provider ?? null)
      const key = keySource(key_field)
      const ask = { provider: file.provider, ...daysOf(file), key }
      const events = await reconciledEvents(stores.clickhouse, tenantOf(req), ask)
      if (events === null)
        throw refusal(`More than ${RECONCILED_EVENTS_MAX} events: compare fewer days at a time.`)
      const { rows, ...rest } = compare(file, events, { byKey: key !== null })
      return {
        ...rest,
        notes: [...rest.notes],
        inconsistent: [...rest.inconsistent],
        data: rows.map((row) => ({
          ...row,
          billed_models: [...row.billed_models],
          counted_models: [...row.counted_models],
          events: row.events.map((event) => ({ ...event, reasons: [...event.reasons] })),
          missing_calls: [...row.missing_calls],
        })),
      }
    },
  )
}

const refusal = (message: string): ApiError => new ApiError(400, 'INVALID_REQUEST', message)

/** The days of the export, which are not too many. */
function daysOf(file: ExportFile): { readonly from: string; readonly to: string } {
  const { days } = file
  if (days === null) throw refusal(['The export has no row with a day.', ...file.notes].join(' '))
  if (Date.parse(days.to) - Date.parse(days.from) > DAYS_MAX * 86_400_000)
    throw refusal(`The export spans more than ${DAYS_MAX} days: compare it in parts.`)
  return days
}

function readOrRefuse(content: unknown, provider: Provider | null): ExportFile {
  const file = readExportOf(content, provider)
  if (file === null)
    throw refusal(
      'The content is not a known form of a usage export of OpenAI, Anthropic, Bedrock or OpenRouter. docs/accounting.md lists the forms.',
    )
  return file
}

function readExportOf(content: unknown, provider: Provider | null): ExportFile | null {
  try {
    return readExport(content, provider)
  } catch (error) {
    if (error instanceof ExportError) throw refusal(error.message)
    throw error
  }
}

function keySource(name: string | undefined): KeySource {
  if (name === undefined) return null
  const field = KEY_FIELDS.find((x) => x === name)
  return field === undefined ? { metadata: name.slice('metadata.'.length) } : { field }
}
