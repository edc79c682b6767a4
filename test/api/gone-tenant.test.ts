// A key that the configuration names outlives its tenant in the control plane: what belongs to a tenant that was deleted is refused, and
// is no fault of the program.

import assert from 'node:assert/strict'
import test from 'node:test'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { startTestPostgres } from '../../storage/testing/stores.ts'
import { Instance } from '../instance.ts'

const key = keyForTests('sk', { scopes: ['ingest', 'query', 'content', 'admin'] })

test('what would belong to a tenant that is gone is refused as a conflict', async (t) => {
  const server = await startTestPostgres()
  t.after(() => server.stop())
  const at = await Instance.start({
    config: `
auth: keys
exporters: { postgres: { url: "${server.url}" } }
extensions: { keys: { keys: [${JSON.stringify(key.row)}] } }
service:
  extensions: [keys, api]
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [postgres] }
`,
  })
  t.after(() => at.stop())
  await withRole(
    server.pool,
    'observa_control',
    (client) => client.query('DELETE FROM tenants WHERE tenant_id = $1', [key.row.tenant]),
    { readOnly: false },
  )
  const bodies = {
    invitations: { email: 'somebody@example.com' },
    budgets: { name: 'all', scope: 'tenant', unit: 'usd', amount: 5 },
  }
  for (const [path, body] of Object.entries(bodies)) {
    const res = await fetch(at.url(`/api/v1/${path}`, 'http'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key.key}` },
      body: JSON.stringify(body),
    })
    const text = await res.text()
    assert.equal(res.status, 409, `${path}: ${text}`)
    assert.match(text, /CONFLICT/)
  }
})
