// Scrubs free text that is sent to be stored, such as comments and names, because it may contain a secret. It passes the
// scrubber of the pipelines after validation and before the route sees it. Text that no store can hold is refused here for all
// routes, whatever the field is for.

import { email } from '../accounts/input.ts'
import type { StoredIds } from '../core/identity/stored-ids.ts'
import { ApiError } from './app.ts'
import type { Api } from './typed-fastify.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Fields of the body that hold free text, each with its longest stored length in characters. */
    freeText?: Readonly<Record<string, number>>
    /** The same for fields that name a person. In them an e-mail address is allowed. */
    people?: Readonly<Record<string, number>>
    /**
     * Fields that hold the name of a thing. A name with a secret in it is refused, because it cannot be stored with a
     * placeholder.
     */
    names?: readonly string[]
    /** The body may hold any text, because nothing of it is stored or asked of a store. */
    anyText?: boolean
  }
}

/** Call this after authentication, because settings of single tenants apply. A reload changes what `storedIds` returns. */
export function useFreeText(app: Api, storedIds: () => StoredIds): void {
  app.addHook('preHandler', (req, _reply, done) => {
    const { freeText = {}, people = {}, names = [], anyText = false } = req.routeOptions.config
    const { body } = req
    const bad = anyText ? null : unstorable(body, '')
    if (bad !== null) {
      const message = `${bad}: holds a NUL or half of a surrogate pair, which no store takes`
      done(new ApiError(400, 'VALIDATION_ERROR', message))
      return
    }
    if (typeof body === 'object' && body !== null) {
      const fields = body as Record<string, unknown>
      const tenantId = req.tenant?.tenantId ?? ''
      const scrub = (field: string, text: string): string =>
        storedIds().textOf(tenantId, field, text)
      for (const [name, most] of Object.entries(freeText))
        if (fields[name] !== undefined) fields[name] = scrubbed(fields[name], name, most, scrub)
      for (const [name, most] of Object.entries(people))
        if (fields[name] !== undefined && !email.safeParse(fields[name]).success)
          fields[name] = scrubbed(fields[name], name, most, scrub)
      for (const name of names) {
        const value = fields[name]
        if (typeof value !== 'string' || scrub(name, value) === value) continue
        done(new ApiError(400, 'VALIDATION_ERROR', `${name}: holds something secret`))
        return
      }
    }
    done()
  })
}

/**
 * Scrubs every string in the value. A placeholder may be longer than the text that it replaces, so the result is cut to the
 * limit again.
 */
function scrubbed(
  value: unknown,
  field: string,
  most: number,
  scrub: (field: string, text: string) => string,
): unknown {
  if (typeof value === 'string') return scrub(field, value).slice(0, most)
  if (Array.isArray(value)) return value.map((item) => scrubbed(item, field, most, scrub))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, scrubbed(item, name, most, scrub)]),
  )
}

/**
 * The field, as a path with dots, whose text or name UTF-8 or Postgres cannot hold; null without one. The schema of the route has
 * bounded the depth before.
 */
function unstorable(value: unknown, path: string): string | null {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? path : null
  if (typeof value !== 'object' || value === null) return null
  for (const [name, item] of Object.entries(value)) {
    const bad = unstorable(name, path) ?? unstorable(item, path === '' ? name : `${path}.${name}`)
    if (bad !== null) return bad
  }
  return null
}
