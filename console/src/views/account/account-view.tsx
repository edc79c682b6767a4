// The account view: the signed-in person, and the API keys, projects, members and audit log of the tenant.

import type { JSX } from 'preact'
import { call, keyNow, setKey } from '../../api/client.ts'
import type { Me } from '../../api/types.ts'
import { queries, useApi } from '../../api/use-query.ts'
import { Badge, Link, Tabs } from '../../parts/basics.tsx'
import { forgetDrafts } from '../../state/draft.ts'
import { addressOf, go, setParams, useLocation } from '../../state/location.ts'
import { useTitle } from '../../state/title.ts'
import { tabsOf } from '../../view-names.ts'
import { AuditLog } from './audit-log.tsx'
import { Budgets } from './budgets.tsx'
import { Deletions } from './deletions.tsx'
import { Keys } from './keys.tsx'
import { Members } from './members.tsx'
import { Projects } from './projects.tsx'
import { Quotas } from './quotas.tsx'
import { RetentionOfProjects } from './retention.tsx'
import { Targets } from './targets.tsx'

const TABS = tabsOf('account', {
  keys: 'Keys',
  projects: 'Projects',
  members: 'Members',
  quotas: 'Quotas',
  budgets: 'Budgets',
  retention: 'Retention',
  deletions: 'Deletions',
  targets: 'Notifications',
  audit: 'Audit',
})

export function AccountView(): JSX.Element {
  const { query } = useLocation()
  const tab = query.get('tab') ?? 'keys'
  useTitle(TABS.find(([key]) => key === query.get('tab'))?.[1] ?? null)
  return (
    <>
      <header class="view-head">
        <h1>Account</h1>
      </header>
      <Who />
      <Tabs
        label="Parts of the account"
        tabs={TABS}
        selected={tab}
        onSelect={(key) => setParams({ tab: key, sort: null }, { isReplaced: true })}
      />
      {tab === 'projects' ? (
        <Projects />
      ) : tab === 'members' ? (
        <Members />
      ) : tab === 'quotas' ? (
        <Quotas />
      ) : tab === 'budgets' ? (
        <Budgets />
      ) : tab === 'retention' ? (
        <RetentionOfProjects />
      ) : tab === 'deletions' ? (
        <Deletions />
      ) : tab === 'targets' ? (
        <Targets />
      ) : tab === 'audit' ? (
        <AuditLog />
      ) : (
        <Keys />
      )}
    </>
  )
}

function Who(): JSX.Element {
  const me = useApi<Me>('/api/v1/auth/me', {}, { isEnabled: keyNow() === null })
  if (keyNow() !== null)
    return (
      <p class="panel who">
        <span>A key of this tab is used.</span>
        <button type="button" class="button small push" onClick={() => void leave(false)}>
          Forget it
        </button>
      </p>
    )
  if (me.data === undefined)
    return (
      <p class="panel who">
        <span>
          Nobody is signed in.{' '}
          <span class="muted">Where this instance is open, everything works without.</span>
        </span>
        <Link class="button small push" to="/sign-in">
          Sign in
        </Link>
      </p>
    )
  return (
    <p class="panel who">
      <strong>{me.data.email}</strong>
      {me.data.tenants.map((t) => (
        <Badge key={t.tenant_id}>
          {t.name}: {t.role}
        </Badge>
      ))}
      <button type="button" class="button small push" onClick={() => void leave(true)}>
        Sign out
      </button>
    </p>
  )
}

async function leave(isPerson: boolean): Promise<void> {
  if (isPerson) await call('/api/v1/auth/logout', { method: 'POST', body: {} })
  setKey(null)
  forgetDrafts()
  await queries.resetQueries()
  go(addressOf('/sign-in'))
}
