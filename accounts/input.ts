// The valid values for tenants, projects, people and keys, defined once for the API, the command line and the
// configuration.

import { z } from 'zod'
import { SCOPES } from '../core/tenant.ts'

/** The id of something new. Older ids may have more characters. */
export const newId = z.string().regex(/^[a-z0-9_-]{1,64}$/, 'expected 1 to 64 of a-z, 0-9, _ and -')

/** The id of something that exists. It includes names that keys in a configuration use. */
export const anyId = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/, 'expected letters, digits, _ . : -')

export const environmentName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/, 'expected letters, digits, _ . : -')

/** A text of one line for people. */
export const displayName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((text) => !/\p{Cc}|\p{Cs}/u.test(text), 'holds a control character')

export const email = z
  .string()
  .trim()
  .max(254)
  // Two steps: the pattern stands in the OpenAPI document, where few tools know classes of Unicode.
  .regex(/^[^@\s]+@[^@\s]+$/, 'expected an e-mail address')
  .refine((text) => !/\p{Cc}/u.test(text), 'expected an e-mail address')

export const scopes = z.array(z.enum(SCOPES)).min(1).max(SCOPES.length)

/** An origin exactly as a browser sends it: no path, no trailing slash, lower case. */
export const origin = z
  .string()
  .refine((text) => URL.canParse(text) && new URL(text).origin === text, {
    error: 'expected scheme, host and port only, such as https://app.example.com',
  })

export const origins = z.array(origin).max(100)

export const expiry = z.iso
  .datetime({ offset: true, error: 'expected a time such as 2030-01-31T00:00:00Z' })
  .transform((text) => new Date(text))

/**
 * Roles in the tenant: owners may do everything, admins everything except for owners, members send and read, viewers
 * read.
 */
export const ROLES = ['owner', 'admin', 'member', 'viewer'] as const
export type Role = (typeof ROLES)[number]
export const role = z.enum(ROLES)

/** A different role in one project. `none` denies access. */
export const PROJECT_ROLES = ['admin', 'member', 'viewer', 'none'] as const
export const projectRole = z.enum(PROJECT_ROLES)
export type ProjectRole = z.output<typeof projectRole>
