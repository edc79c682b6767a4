// How to connect to a store that an exporter fills and the API reads.

/** How to connect to a store. `url` may hold credentials: never log it. */
export interface StoreAddress {
  readonly kind: 'clickhouse' | 'postgres'
  readonly url: string
  readonly database: string
  /** Given where the URL does not hold the credentials. */
  readonly username?: string
  readonly password?: string
  /** Another login for reads of one tenant, which names the tenant of each query to the server. ClickHouse only. */
  readonly reader?: { readonly username: string; readonly password: string }
}
