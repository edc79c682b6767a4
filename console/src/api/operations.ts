// The operations of the API by method and path, with the types that are generated from the OpenAPI document (`openapi.generated.ts`).

import type { Operations } from './openapi.generated.ts'

export type OperationName = keyof Operations
export type AnswerOf<Name extends OperationName> = Operations[Name]['answer']
/** The type of a row in the response of a list operation. */
export type RowOf<Name extends OperationName> =
  AnswerOf<Name> extends { readonly data: readonly (infer Row)[] } ? Row : never
export type BodyOf<Name extends OperationName> = Operations[Name]['body']
export type QueryOf<Name extends OperationName> = Operations[Name]['query']

type Value = string | number | boolean | null | undefined

/** The parameters of a call. Path parameters are required if the path has any. */
export type Asked<Name extends OperationName> = {
  /** The query parameters. Values are sent as text; null and undefined are omitted. */
  readonly query?: { readonly [K in keyof QueryOf<Name>]?: Value }
  readonly body?: BodyOf<Name>
} & (Operations[Name]['path'] extends Record<string, never>
  ? { readonly path?: undefined }
  : { readonly path: Operations[Name]['path'] })

export interface Address {
  readonly method: string
  readonly path: string
}

/** Returns the method and the path with its query string. */
export function addressOfOperation<Name extends OperationName>(
  name: Name,
  asked: Asked<Name>,
): Address {
  const [method = 'GET', pattern = ''] = name.split(' ')
  const values = (asked.path ?? {}) as Readonly<Record<string, string>>
  const path = pattern.replace(/\{(\w+)\}/g, (_, key: string) =>
    encodeURIComponent(values[key] ?? ''),
  )
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries<Value>(asked.query ?? {}))
    if (value !== null && value !== undefined && value !== '') query.set(key, String(value))
  const text = query.toString()
  return { method, path: text === '' ? path : `${path}?${text}` }
}
