// A client that names the tenant of each query to the server, as the custom setting `SQL_tenant`. Row policies of a reader's login compare
// it with each row (`deploy/clickhouse-reader.sql`), so that a condition that was forgotten in a query shows nobody another tenant's rows.
// The embedded engine has no row policies.

import type { ClickHouseClient, QueryParams } from '@clickhouse/client'

const TENANT_SETTING = 'SQL_tenant'

/** A tenant's id as every version wrote them; nothing in it needs an escape. */
const TENANT = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/

/**
 * Queries of this client need the parameter `tenant`, as every read of telemetry has it (`test/house/secure-code.test.ts`); without
 * one a query is not sent. Only `query`, `ping` and `close` are there: a reader writes nothing.
 */
export function readingAsTenant(client: ClickHouseClient): ClickHouseClient {
  return new Proxy(client, {
    get: (of, name) => {
      if (name === 'query') return (params: QueryParams) => of.query(withTenant(params))
      if (name === 'command' || name === 'insert' || name === 'exec')
        return () => Promise.reject(new Error(`a reader of ClickHouse has no ${name}`))
      const value: unknown = Reflect.get(of, name, of)
      return typeof value === 'function' ? value.bind(of) : value
    },
  })
}

function withTenant(params: QueryParams): QueryParams {
  const tenant: unknown = params.query_params?.['tenant']
  if (typeof tenant !== 'string' || !TENANT.test(tenant))
    throw new Error('a query of a reader names its tenant')
  return {
    ...params,
    // A custom setting is a literal with quotes. Servers that take it as a plain text keep the quotes; the policies drop them.
    clickhouse_settings: { ...params.clickhouse_settings, [TENANT_SETTING]: `'${tenant}'` },
  }
}
