// Maps paths to views. Views that are opened rarely are loaded from separate files.

import type { ComponentChildren } from 'preact'
import type { LIST_VIEWS, ONE_VIEWS } from './view-names.ts'
import { AccountView } from './views/account/account-view.tsx'
import { SignInView } from './views/account/sign-in-view.tsx'
import { CostsView } from './views/costs/costs-view.tsx'
import { DocsView } from './views/docs/docs-view.tsx'
import { GroupView } from './views/groups/group-view.tsx'
import { GroupsView } from './views/groups/groups-view.tsx'
import { IssueView } from './views/issues/issue-view.tsx'
import { IssuesView } from './views/issues/issues-view.tsx'
import { SignalView } from './views/issues/signal-view.tsx'
import { OperationsView } from './views/operations/operations-view.tsx'
import { OverviewView } from './views/overview/overview-view.tsx'
import { SearchView } from './views/search/search-view.tsx'
import { SetUpView } from './views/set-up/set-up-view.tsx'
import { TopicsView } from './views/topics/topics-view.tsx'
import { TraceView } from './views/trace/trace-view.tsx'
import { TracesView } from './views/traces/traces-view.tsx'
import { TryView } from './views/try/try-view.tsx'

export interface View {
  readonly title: string
  readonly hasTime: boolean
  readonly draw: () => ComponentChildren
}

const view = (title: string, draw: () => ComponentChildren, { hasTime = false } = {}): View => ({
  title,
  hasTime,
  draw,
})
const timed = { hasTime: true }

const LISTS = {
  '': view('Overview', () => <OverviewView />, timed),
  traces: view('Traces', () => <TracesView />, timed),
  search: view('Search', () => <SearchView />, timed),
  topics: view('Topics', () => <TopicsView />, timed),
  issues: view('Issues', () => <IssuesView />, timed),
  costs: view('Costs', () => <CostsView />, timed),
  conversations: view('Conversations', () => <GroupsView kind="conversations" />, timed),
  sessions: view('Sessions', () => <GroupsView kind="sessions" />, timed),
  users: view('Users', () => <GroupsView kind="users" />, timed),
  'set-up': view('Set up', () => <SetUpView />),
  operations: view('Operations', () => <OperationsView />),
  try: view('Try it', () => <TryView />),
  docs: view('API', () => <DocsView />),
  account: view('Account', () => <AccountView />),
  'sign-in': view('Sign in', () => <SignInView />),
} satisfies Readonly<Record<(typeof LIST_VIEWS)[number], View>>

const ONES = {
  traces: (id: string) => view('Traces', () => <TraceView traceId={id} />),
  issues: (id: string) => view('Issues', () => <IssueView id={id} />),
  signals: (id: string) => view('Issues', () => <SignalView id={id} />),
  conversations: (id: string) =>
    view('Conversations', () => <GroupView kind="conversations" id={id} />),
  sessions: (id: string) => view('Sessions', () => <GroupView kind="sessions" id={id} />),
  users: (id: string) => view('Users', () => <GroupView kind="users" id={id} />),
} satisfies Readonly<Record<(typeof ONE_VIEWS)[number], (id: string) => View>>

const lists: ReadonlyMap<string, View> = new Map(Object.entries(LISTS))
const ones: ReadonlyMap<string, (id: string) => View> = new Map(Object.entries(ONES))

export function viewOf(path: string): View | null {
  const [first = '', second, ...rest] = path.slice(1).split('/')
  if (rest.length > 0) return null
  if (second === undefined) return lists.get(first) ?? null
  const id = decoded(second)
  const one = ones.get(first)
  return one === undefined || id === null ? null : one(id)
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    // The path contains a `%` that is not part of an escape sequence.
    return null
  }
}
