// Gives the processors of a configuration the secrets of the instance, and computes the pseudonyms of plain ids.

import type { ObservaConfig } from '../../config/root.ts'
import type { Clock } from '../../core/clock.ts'
import type { StoreAddress } from '../../core/config/store-address.ts'
import { type InstanceSecrets, NO_SECRETS } from '../../core/identity/pseudonym.ts'
import { type StoredIds, storedIdsOfAll } from '../../core/identity/stored-ids.ts'
import { openPseudonymKeys } from './pseudonym-keys.ts'

export interface Surroundings {
  readonly dataDir: string
  readonly postgres: StoreAddress | null
  readonly clock: Clock
}

/** Opens the secrets that the processors need. If no processor replaces ids, no key is made or read. */
export async function openSecrets(
  config: ObservaConfig,
  { dataDir, postgres, clock }: Surroundings,
): Promise<InstanceSecrets> {
  const replacing = [...config.processors.values()].filter((p) => p.factory.storedIds !== undefined)
  if (replacing.length === 0) return NO_SECRETS
  const configured = configuredKey(config)
  const place = { dataDir, postgres, configured, nowMs: clock.nowMs() }
  return { pseudonymKeys: await openPseudonymKeys(place) }
}

/** The key that the processors name. If several do, the first one. */
export function configuredKey(config: ObservaConfig): string | null {
  for (const { factory, settings } of config.processors.values()) {
    const key = factory.pseudonymKey?.(settings)
    if (key != null) return key
  }
  return null
}

export function storedIdsIn(config: ObservaConfig, secrets: InstanceSecrets): StoredIds {
  const all = [...config.processors.values()].map((p) => p.factory.storedIds?.(p.settings, secrets))
  return storedIdsOfAll(all.filter((ids) => ids !== undefined))
}
