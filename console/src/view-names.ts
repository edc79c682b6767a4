// The views and their tabs by name. Everything that has to know of each view, such as the tests, reads them here.

/** The first part of the path. */
export const LIST_VIEWS = [
  '',
  'traces',
  'search',
  'topics',
  'issues',
  'costs',
  'conversations',
  'sessions',
  'users',
  'set-up',
  'operations',
  'try',
  'docs',
  'account',
  'sign-in',
] as const

/** Views of one thing, whose id is the second part of the path. */
export const ONE_VIEWS = [
  'traces',
  'issues',
  'signals',
  'conversations',
  'sessions',
  'users',
] as const

/** The first tab of each is that of the address without a tab. */
export const TABS = {
  search: ['semantic', 'words'],
  topics: ['topics', 'drift', 'duplicates'],
  issues: ['issues', 'signals'],
  operations: ['state', 'configuration', 'dead-letters', 'jobs', 'judges'],
  account: [
    'keys',
    'projects',
    'members',
    'quotas',
    'budgets',
    'retention',
    'deletions',
    'targets',
    'audit',
  ],
  trace: ['waterfall', 'conversation', 'graph', 'scores', 'similar'],
  span: ['content', 'usage', 'signals', 'scores', 'attributes', 'raw'],
} as const

/** The tabs of a view with their labels. */
export const tabsOf = <Place extends keyof typeof TABS>(
  _place: Place,
  labels: Readonly<Record<(typeof TABS)[Place][number], string>>,
): readonly (readonly [key: string, label: string])[] => Object.entries<string>(labels)
