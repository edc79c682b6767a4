// The API explorer: every operation of the OpenAPI document with its parameters, responses and errors, and a form that calls it. It
// complies with the content security policy of the console, which allows no scripts and styles from other origins.

import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { useApi } from '../../api/use-query.ts'
import { Badge } from '../../parts/basics.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { setParams, useLocation } from '../../state/location.ts'
import type { ApiDocument, Operation } from './document.ts'
import { OperationPanel } from './operation-panel.tsx'

interface Entry {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

export function DocsView(): JSX.Element {
  const document = useApi<ApiDocument>('/api/v1/openapi.json')
  return (
    <>
      <header class="view-head">
        <h1>API</h1>
        <p class="muted">
          The document is at <code>/api/v1/openapi.json</code>.
        </p>
      </header>
      <Answered of={document} lines={12}>
        {(found) => <Explorer document={found} />}
      </Answered>
    </>
  )
}

function Explorer({ document }: { readonly document: ApiDocument }): JSX.Element {
  const { query } = useLocation()
  const all = useMemo(() => entriesOf(document), [document])
  const words = query.get('find') ?? ''
  const shown = all.filter((e) =>
    `${e.method} ${e.path} ${e.operation.summary ?? ''}`
      .toLowerCase()
      .includes(words.toLowerCase()),
  )
  const selected = all.find((e) => e.operation.operationId === query.get('operation')) ?? null
  const groups = Map.groupBy(shown, (e) => e.operation.tags?.[0] ?? 'other')
  return (
    <div class="docs-split">
      <nav class="docs-list" aria-label="Operations">
        <label class="search inline">
          <span class="unseen">Find operations</span>
          <input
            type="search"
            data-search=""
            placeholder="Find operations"
            value={words}
            onInput={(event) =>
              setParams({ find: event.currentTarget.value }, { isReplaced: true })
            }
            onKeyDown={(event) => {
              if (event.key === 'Escape') event.currentTarget.blur()
            }}
          />
        </label>
        {shown.length === 0 ? <Empty title="No such operation" /> : null}
        {[...groups].map(([tag, entries]) => (
          <section key={tag}>
            <h2>{tag}</h2>
            <ul class="plain">
              {entries.map(({ method, path, operation }) => (
                <li key={`${method} ${path}`}>
                  <button
                    type="button"
                    class="docs-entry"
                    data-row=""
                    aria-current={selected?.operation === operation ? 'true' : undefined}
                    onClick={() => setParams({ operation: operation.operationId ?? null })}
                  >
                    <Method of={method} />
                    <span class="docs-path">{path}</span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </nav>
      <div class="docs-one">
        {selected === null ? (
          <Empty title="Choose an operation">
            Each shows what it takes and answers, and can be asked from here.
          </Empty>
        ) : (
          <OperationPanel
            key={selected.operation.operationId}
            method={selected.method}
            path={selected.path}
            operation={selected.operation}
          />
        )}
      </div>
    </div>
  )
}

export function Method({ of }: { readonly of: string }): JSX.Element {
  const tone = of === 'GET' ? 'info' : of === 'DELETE' ? 'bad' : 'good'
  return <Badge tone={tone}>{of}</Badge>
}

function entriesOf(document: ApiDocument): readonly Entry[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  )
}
