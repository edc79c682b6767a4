// The section `telemetry` of the configuration: logs, metrics, spans and reports of errors about Observa itself.

import { z } from 'zod'
import { allowLinkLocal, endpoint, outboundUrl, Secret } from '../core/config/config-types.ts'
import { DSN_EXPECTED, parseSentryDsn } from '../core/config/sentry-dsn.ts'

/** The DSN is a secret, because whoever has it can fill the project's quota. The text of a wrong one is not shown. */
const dsn = z
  .string({ error: DSN_EXPECTED })
  .meta({ secret: true })
  .transform((text, ctx): Secret => {
    if (parseSentryDsn(text) !== null) return new Secret(text)
    ctx.addIssue({ code: 'custom', message: DSN_EXPECTED, params: { rule: 'dsn' } })
    return z.NEVER
  })

const sentry = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('`false`: nothing is reported, also where the environment has a DSN.'),
  dsn: dsn
    .optional()
    .describe(
      'DSN of the Sentry project that errors are reported to, of sentry.io or of your own server, also on a private address; from SENTRY_DSN when absent. Without either nothing is reported.',
    ),
  environment: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe(
      'Environment that reports name; from SENTRY_ENVIRONMENT when absent, else NODE_ENV, else `production`.',
    ),
  release: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      'Release that reports name; from SENTRY_RELEASE when absent, else `observa@` and the version.',
    ),
  transactions: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Fraction of the requests to the REST API whose duration is reported, from 0 to 1.'),
})

export type SentryConfig = z.output<typeof sentry>

export const telemetrySection = z.strictObject({
  metrics: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Serves `/metrics`.'),
      endpoint: endpoint()
        .prefault('127.0.0.1:8888')
        .describe('Where `/metrics` is served in the Prometheus text format.'),
    })
    .prefault({})
    .describe('Metrics about Observa itself.'),
  logs: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
        .default('info')
        .describe('Least severity that is logged.'),
      format: z
        .enum(['auto', 'json', 'text'])
        .default('auto')
        .describe('`auto`: text on a terminal, else JSON.'),
    })
    .prefault({})
    .describe('Logs of Observa itself, on standard error.'),
  traces: z
    .strictObject({
      endpoint: outboundUrl()
        .optional()
        .describe(
          'OTLP/HTTP base URL for spans about Observa itself. Without it no such spans are made.',
        ),
      allow_link_local: allowLinkLocal(),
      sample: z
        .number()
        .min(0)
        .max(1)
        .default(0.01)
        .describe('Fraction of requests that are traced, from 0 to 1.'),
    })
    .prefault({})
    .describe('Spans about Observa itself.'),
  sentry: sentry
    .prefault({})
    .describe(
      'Reports errors of Observa itself to Sentry: what is logged with severity error or fatal, without any content.',
    ),
})
