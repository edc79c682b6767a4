// The section `semantic` of the configuration: checks, judges, vectors and topics, which look at stored texts. Without the
// section only the checks of quality run, and nothing is sent to any model.

import { z } from 'zod'
import { allowLinkLocal, duration, outboundUrl, secret } from '../core/config/config-types.ts'

const share = z.number().min(0).max(1)

/** The calls that a setting applies to. A key that is left out matches all. */
const scope = {
  tenant: z.string().optional().describe('Only calls of this tenant.'),
  project: z.string().optional().describe('Only calls of this project.'),
  environment: z.string().optional().describe('Only calls of this environment.'),
  model: z.string().optional().describe('Only calls of this model, as it answered.'),
  route: z.string().optional().describe('Only calls of this route.'),
}

const endpoint = {
  url: outboundUrl().describe(
    'Base URL of an OpenAI-compatible API, such as http://127.0.0.1:11434/v1.',
  ),
  key: secret().optional().describe('Sent as a bearer token; best as ${env:NAME} or ${file:path}.'),
  allow_link_local: allowLinkLocal(),
  model: z.string().min(1).describe('Name of the model, as the endpoint knows it.'),
  timeout: duration({ min: 100, max: 600_000 })
    .prefault('30s')
    .describe('A call that takes longer is given up.'),
  usd_per_day: z
    .number()
    .min(0)
    .default(5)
    .describe('Most that calls may cost a tenant in a day (UTC), in USD. Holds whatever happens.'),
  input_usd_per_million: z
    .number()
    .min(0)
    .optional()
    .describe(
      'Price of a million input tokens. Default: that of the price table; a model without a price costs nothing.',
    ),
}

const sampling = z.strictObject({
  rate: share.default(0.05).describe('Share of the traces that are sampled.'),
  rules: z
    .array(z.strictObject({ ...scope, rate: share.describe('Share of the traces.') }))
    .max(200)
    .default([])
    .describe('Other shares; the first rule that applies counts.'),
  always: z
    .array(z.enum(['errors', 'high_severity', 'feedback']))
    .default(['errors', 'high_severity', 'feedback'])
    .describe(
      'Traces that are always sampled: with an error, with a signal of high severity, with a score from outside.',
    ),
  traces_per_day: z
    .int()
    .min(0)
    .default(20_000)
    .describe(
      'Most traces that are sampled in a project and day (UTC); what comes after is counted as skipped.',
    ),
})

const embeddings = z.strictObject({
  ...endpoint,
  dimensions: z
    .int()
    .min(1)
    .max(8192)
    .optional()
    .describe('Asked of the endpoint, where it can make shorter vectors.'),
  batch: z.int().min(1).max(2048).default(64).describe('Most texts in one request.'),
})

const judges = z.strictObject({
  ...endpoint,
  output_usd_per_million: z
    .number()
    .min(0)
    .optional()
    .describe('Price of a million output tokens; default as for input.'),
  calls_per_day: z.int().min(0).default(5000).describe('Most calls for a tenant in a day (UTC).'),
  concurrency: z.int().min(1).max(32).default(4).describe('Calls at a time in one process.'),
  max_output_tokens: z
    .int()
    .min(64)
    .max(32_768)
    .default(1500)
    .describe('Most tokens that a verdict may have.'),
  high_severity: z
    .boolean()
    .default(true)
    .describe('Judges traces with a signal of high severity.'),
  rubrics: z
    .array(z.string())
    .max(50)
    .default([])
    .describe('YAML files with rubrics of your own, beside the built-in ones.'),
  use: z
    .array(z.string())
    .default(['faithfulness', 'hallucination', 'context_relevance', 'quality'])
    .describe('Rubrics that traces of high severity are judged by.'),
  rules: z
    .array(
      z.strictObject({
        ...scope,
        name: z.string().min(1).max(64).describe('Stands as the reason beside each verdict.'),
        rate: share.default(0.01).describe('Share of the traces.'),
        use: z.array(z.string()).min(1).describe('Rubrics.'),
      }),
    )
    .max(200)
    .default([])
    .describe('What else is judged.'),
})

export const semanticSection = z
  .strictObject({
    quality: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe('Runs the checks of quality over everything that is stored, without a model.'),
      })
      .prefault({})
      .describe('Scores of quality without a model.'),
    sampling: sampling.prefault({}).describe('Which traces are embedded.'),
    embeddings: embeddings
      .optional()
      .describe('Endpoint of embeddings. Without it nothing is embedded.'),
    topics: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe('Groups embedded traces into topics and finds near duplicates.'),
        names: z
          .enum(['words', 'judge'])
          .default('words')
          .describe(
            'How topics get their names: by words that tell them apart, or by the model of the judges, which gets three questions of each.',
          ),
      })
      .prefault({})
      .describe('Topics of what is embedded.'),
    judges: judges.optional().describe('Endpoint of judges. Without it nothing is judged.'),
  })
  .refine((section) => section.topics.names === 'words' || section.judges !== undefined, {
    error: 'judge needs `semantic.judges`, whose model gives the names',
    path: ['topics', 'names'],
  })

export type SemanticConfig = z.output<typeof semanticSection>
