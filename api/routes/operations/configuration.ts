// The effective configuration, and the check of an edited one.

import { stringify } from 'yaml'
import { z } from 'zod'
import type { Operations } from '../../../core/operations.ts'
import type { Api } from '../../typed-fastify.ts'

const TEXT_MAX = 512 * 1024

const problemSchema = z.object({
  code: z.string(),
  line: z.number().describe('From 1; 0 where there is no line.'),
  column: z.number(),
  path: z.string().describe('Such as processors.scrub.rules[0].'),
  message: z.string(),
  suggestion: z.string().nullable(),
})

export function configurationRoutes(app: Api, operations: Operations): void {
  app.get(
    '/api/v1/config/effective',
    {
      config: { scope: 'admin', instance: true },
      schema: {
        tags: ['operations'],
        summary: 'The configuration that runs, with all defaults; secrets are masked',
        response: {
          200: z.object({
            effective: z.unknown().describe('With the defaults of every option.'),
            written: z.unknown().describe('As it was written, its files merged.'),
            yaml: z.string().describe('`written` as YAML, to edit and to check.'),
          }),
        },
      },
    },
    () => {
      const { effective, written } = operations.configuration()
      return { effective, written, yaml: stringify(written) }
    },
  )
  app.post(
    '/api/v1/config/validate',
    {
      config: { scope: 'admin', instance: true },
      schema: {
        tags: ['operations'],
        summary: 'Check a configuration; every error at once, with its line. Nothing is applied',
        body: z.strictObject({
          yaml: z
            .string()
            .max(TEXT_MAX)
            .meta({ examples: ['receivers:\n  otlp: {}\n'] })
            .describe(
              'The text; files that it names are looked for only where the configuration that runs names them too.',
            ),
        }),
        response: {
          200: z.object({
            ok: z.boolean(),
            errors: z.array(problemSchema),
            warnings: z.array(problemSchema),
          }),
        },
      },
    },
    async (req) => {
      const { ok, errors, warnings } = await operations.checkConfiguration(req.body.yaml)
      return { ok, errors: [...errors], warnings: [...warnings] }
    },
  )
}
