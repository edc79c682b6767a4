// The CPU time of checking a key, with 100,000 known keys of the control plane, with and without a pepper.
//
//     node collector/extensions/keys/authenticate.bench.ts

import { keyDigest, keyIdOf, makeKey } from '../../../accounts/api-key.ts'
import type { KnownKey } from '../../../accounts/known-key.ts'
import { Secret } from '../../../core/config/config-types.ts'
import { createKeysAuthenticator } from './authenticator.ts'
import { keysSchema } from './config.ts'

const KEYS = 100_000
const CHECKS = 500_000
/** How many keys take part. A single key would stay in the processor's caches and look too cheap. */
const IN_USE = 1000

function known(key: string, pepper: Secret | null): KnownKey {
  const id = keyIdOf(key)
  return {
    id,
    digest: keyDigest(key, pepper),
    isPeppered: pepper !== null,
    tenant: { tenantId: 'acme', projectId: 'shop', environment: null, keyId: id },
    scopes: new Set(['ingest'] as const),
    origins: new Set(),
    isRevoked: false,
    expiresAtMs: Number.POSITIVE_INFINITY,
  }
}

for (const pepper of [null, new Secret('of a bench')]) {
  const keys = Array.from({ length: KEYS }, () => makeKey('sk', 'test'))
  const rows = new Map(keys.map((key) => [keyIdOf(key), known(key, pepper)]))
  const control = {
    find: (id: string) => rows.get(id),
    hasOrigin: () => false,
    used: () => {},
    look: async () => {},
    isStale: false,
  }
  const config = keysSchema.parse(pepper === null ? {} : { pepper: pepper.reveal() })
  const authenticator = createKeysAuthenticator(config, { control })
  const headers = keys.slice(0, IN_USE).map((key) => ({ authorization: `Bearer ${key}` }))
  const run = (times: number): void => {
    for (let i = 0; i < times; i++)
      void authenticator.authenticate(headers[i % IN_USE] ?? {}, '/v1/traces', 'ingest')
  }
  run(20_000)
  const before = process.cpuUsage()
  run(CHECKS)
  const { user, system } = process.cpuUsage(before)
  const us = ((user + system) / CHECKS).toFixed(2)
  process.stdout.write(
    `${pepper === null ? 'without a pepper' : 'with a pepper'}: ${us} µs a check\n`,
  )
}
