// Free text that people and programs send to be kept, such as comments and names, may hold a secret. It passes the scrubber of the
// pipelines after validation, before the route sees it.

import { email } from '../accounts/input.ts'
import type { StoredIds } from '../core/identity/stored-ids.ts'
import { ApiError } from './app.ts'
import type { Api } from './typed-fastify.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Fields of the body that hold free text, and the most characters that each may be kept with. */
    freeText?: Readonly<Record<string, number>>
    /** The same for fields that name a person: an e-mail address alone stays. */
    people?: Readonly<Record<string, number>>
    /** Names of things that cannot be kept with a marker in them: one with a secret is refused. */
    names?: readonly string[]
  }
}

/** Call it after authentication: settings of single tenants apply. A reload changes what `storedIds` returns. */
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

/** Replaces every string in the value. A marker may be longer than what it replaces, so the end is cut to the limit again. */
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
