// The section `notifications`: the settings of the instance's operator. Targets, mutes and quiet hours are made by tenants,
// in the API.

import { z } from 'zod'
import { secret } from '../core/config/config-types.ts'
import { isUnverifiedMail } from '../core/config/unverified-tls.ts'
import { ISSUE_LABELS } from '../core/signals/issue-labels.ts'

const matchers = z.partialRecord(z.enum(ISSUE_LABELS), z.array(z.string().min(1)).min(1))

const inhibition = z.strictObject({
  name: z.string().min(1).describe('For the log.'),
  source: matchers.describe(
    'Labels of the issue that silences others, each with its values; `*` at the end of a value stands for anything.',
  ),
  target: matchers.describe('Labels of the issues that are silenced.'),
  equal: z.array(z.enum(ISSUE_LABELS)).default([]).describe('Labels that both must have the same.'),
  value_min: z
    .number()
    .optional()
    .describe('Least value that the source must have measured, such as 0.5 for half of the calls.'),
})

const smtp = z
  .strictObject({
    url: secret().describe('`smtp://user:password@host:587` or `smtps://user:password@host:465`.'),
    from: z.string().min(3).describe('Sender, such as `Observa <alerts@example.com>`.'),
    accept_risk: z
      .boolean()
      .default(false)
      .describe(
        'Must be true where the URL says not to verify the certificate of the server (tls.rejectUnauthorized=false).',
      ),
  })
  .refine((c) => c.accept_risk || !isUnverifiedMail(c.url.reveal()), {
    message: 'it turns the check of the certificate off, which needs accept_risk: true beside it',
    path: ['url'],
  })

export const notifications = z.strictObject({
  external_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where people open the console; notifications link to issues there.'),
  smtp: smtp
    .optional()
    .describe(
      'Mail server for targets of the kind `email` and for people who forgot their password.',
    ),
  allow_private: z
    .array(
      z
        .string()
        .regex(
          /^[A-Za-z0-9.:_-]+(?:\/\d{1,3})?$/,
          'expected a host name, an address or a network such as 10.0.0.0/8',
        ),
    )
    .default([])
    .describe(
      'Host names, addresses and networks of your own that targets may name. All others that are not of the public internet are refused when a target is made and when a notification is sent.',
    ),
  inhibit: z
    .array(inhibition)
    .optional()
    .describe(
      'Issues that silence others while they are open and were seen within 30 minutes. When absent: an `error_rate` of half or more of the calls of a provider silences errors and latencies of its routes and models.',
    ),
})
