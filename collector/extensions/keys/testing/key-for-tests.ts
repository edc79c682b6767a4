// Makes a key and its row while a test runs, so that no key is ever written into the repository.

import type { z } from 'zod'
import { type KeyKind, keyDigest, keyIdOf, makeKey } from '../../../../accounts/api-key.ts'
import type { Secret } from '../../../../core/config/config-types.ts'
import { keysSchema } from '../config.ts'

type RowInput = NonNullable<z.input<typeof keysSchema>['keys']>[number]

export interface KeyForTests {
  /** The key itself, for a header. */
  readonly key: string
  /** Its row in the configuration of the `keys` extension. */
  readonly row: RowInput
}

/**
 * Makes a key. An `sk` key may ingest and query with content, a `pk` key may ingest from https://app.example.com, unless `over`
 * says otherwise.
 */
export function keyForTests(
  kind: KeyKind,
  over: Partial<RowInput> = {},
  pepper: Secret | null = null,
): KeyForTests {
  const key = makeKey(kind, 'test')
  const own: Partial<RowInput> =
    kind === 'pk'
      ? { scopes: ['ingest'], origins: ['https://app.example.com'] }
      : { scopes: ['ingest', 'query', 'content'] }
  const row: RowInput = {
    id: keyIdOf(key),
    hash: keyDigest(key, pepper).toString('hex'),
    tenant: 'tenant-a',
    project: 'project-a',
    ...own,
    ...over,
  }
  return { key, row }
}
