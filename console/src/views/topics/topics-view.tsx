// The page of topics: their trend, drift between two time ranges, and near duplicates. Everything is about the sample that
// was embedded.

import type { JSX } from 'preact'
import { Tabs } from '../../parts/basics.tsx'
import { setParams, useLocation } from '../../state/location.ts'
import { tabsOf } from '../../view-names.ts'
import { DriftList } from './drift-list.tsx'
import { DuplicatesList } from './duplicates-list.tsx'
import { TopicView } from './topic-view.tsx'
import { TopicsList } from './topics-list.tsx'

const LISTS = { topics: TopicsList, drift: DriftList, duplicates: DuplicatesList }

export function TopicsView(): JSX.Element {
  const { query } = useLocation()
  const list = query.get('list')
  const selected = list === 'drift' || list === 'duplicates' ? list : 'topics'
  const List = LISTS[selected]
  const topic = query.get('topic')
  return (
    <>
      <header class="view-head">
        <h1>Topics</h1>
      </header>
      <Tabs
        label="What is shown of topics"
        tabs={tabsOf('topics', { topics: 'Topics', drift: 'Drift', duplicates: 'Duplicates' })}
        selected={selected}
        onSelect={(key) => setParams({ list: key === 'topics' ? null : key, topic: null })}
      />
      {topic !== null && selected === 'topics' ? <TopicView id={topic} /> : <List />}
    </>
  )
}
