// The options of the `keys` extension: one row for each key, with its hash and never the key itself.

import { z } from 'zod'
import { KEY_ID } from '../../../accounts/api-key.ts'
import { origin } from '../../../accounts/input.ts'
import { secret } from '../../../core/config/config-types.ts'
import { SCOPES } from '../../../core/tenant.ts'

/** A name that becomes part of ids, paths and metrics. */
const name = () =>
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/, 'expected letters, digits, _ . : -')

const row = z
  .strictObject({
    id: z
      .string()
      .regex(KEY_ID, 'expected the public part of a key, such as sk_live_ and 8 characters')
      .describe('Public part of the key, as `keys create` printed it.'),
    hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits, as `keys create` printed them')
      .describe('HMAC-SHA-256 of the key with the pepper, or SHA-256 without one, as hex.'),
    name: z.string().max(200).optional().describe('What the key is for; for people only.'),
    tenant: name().describe('Tenant that everything sent with the key belongs to.'),
    project: name().describe('Project that everything sent with the key belongs to.'),
    environment: name()
      .optional()
      .describe('Environment of everything sent with the key; from the data when absent.'),
    scopes: z
      .array(z.enum(SCOPES))
      .min(1)
      .default(['ingest'])
      .describe(
        'What the key may do: `ingest` sends, `query` reads, `content` reads prompts and answers too, `admin` changes projects, members and keys of the tenant.',
      ),
    origins: z
      .array(origin)
      .default([])
      .describe('For `pk_` keys: the exact origins of the pages that may send.'),
    expires_at: z.iso
      .datetime({ offset: true, error: 'expected a time such as 2030-01-31T00:00:00Z' })
      .optional()
      .describe('When the key stops working; never when absent.'),
    revoked: z.boolean().default(false).describe('Refuses the key from now on.'),
  })
  .superRefine((key, ctx) => {
    if (!key.id.startsWith('pk_')) return
    if (key.scopes.some((scope) => scope !== 'ingest'))
      ctx.addIssue({ code: 'custom', path: ['scopes'], message: 'a pk_ key may only ingest' })
    if (key.origins.length === 0)
      ctx.addIssue({ code: 'custom', path: ['origins'], message: 'a pk_ key needs its origins' })
  })

export const keysSchema = z.strictObject({
  pepper: secret()
    .optional()
    .describe('Secret mixed into every hash, so that a stolen file of hashes tells nothing.'),
  keys: z
    .array(row)
    .default([])
    .superRefine((keys, ctx) => {
      const seen = new Set<string>()
      for (const [i, key] of keys.entries()) {
        if (seen.has(key.id))
          ctx.addIssue({ code: 'custom', path: [i, 'id'], message: 'this id is given twice' })
        seen.add(key.id)
      }
    })
    .describe('The keys that are known.'),
})

export type KeysConfig = z.output<typeof keysSchema>
export type KeyRow = KeysConfig['keys'][number]
