// Scrubs free text that is sent to be stored, such as comments and names, because it may contain a secret. It passes the
// scrubber of the pipelines after validation and before the route sees it.

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
  }
}

/** Call this after authentication, because settings of single tenants apply. A reload changes what `storedIds` returns. */
export function useFreeText(app: Api, storedIds: () => StoredIds): void {
  app.addHook('preHandler', (req, _reply, done) => {
    const { freeText = {}, people = {}, names = [] } = req.routeOptions.config
    const { body } = req
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
