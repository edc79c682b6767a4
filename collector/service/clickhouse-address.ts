// Where a process without exporters finds the ClickHouse of a configuration.

import type { ObservaConfig } from '../../config/root.ts'
import type { OutboundUrl, Secret } from '../../core/config/config-types.ts'
import type { StoreAddress } from '../../core/config/store-address.ts'

/** What the schema of the `clickhouse` exporter gives. */
interface ExporterConfig {
  readonly url?: OutboundUrl
  readonly embedded: boolean
  readonly database: string
  readonly username?: string
  readonly password?: Secret
}

/** Whether only the instance that runs the engine can reach it. */
export function isEmbedded(config: ObservaConfig): boolean {
  const found = [...config.exporters.values()].find(({ factory }) => factory.type === 'clickhouse')
  // The configuration was parsed by the schema of that exporter.
  return found !== undefined && (found.config as ExporterConfig).embedded
}

/** The server of the first `clickhouse` exporter; null for none, and for an embedded one, which only its instance can reach. */
export function clickhouseAddressOf(config: ObservaConfig): StoreAddress | null {
  for (const { factory, config: given } of config.exporters.values()) {
    if (factory.type !== 'clickhouse') continue
    // The configuration was parsed by the schema of that exporter.
    const { url, embedded, database, username, password } = given as ExporterConfig
    if (embedded || url === undefined) return null
    return {
      kind: 'clickhouse',
      url: url.reveal(),
      database,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: password.reveal() }),
    }
  }
  return null
}
