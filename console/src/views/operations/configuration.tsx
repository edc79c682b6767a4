// Shows the running configuration, and checks an edited one: every error has its line. Nothing is applied.

import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { AnswerOf } from '../../api/operations.ts'
import { useApi } from '../../api/use-query.ts'
import { Badge, CopyButton } from '../../parts/basics.tsx'
import { visible } from '../../parts/format.ts'
import { JsonView } from '../../parts/json-view.tsx'
import { Answered, Failure } from '../../parts/states.tsx'
import { useDraft } from '../../state/draft.ts'

type Effective = AnswerOf<'GET /api/v1/config/effective'>
type Check = AnswerOf<'POST /api/v1/config/validate'>

export function Configuration(): JSX.Element {
  const answer = useApi<Effective>('/api/v1/config/effective')
  return (
    <Answered of={answer}>
      {(config) => (
        <>
          <Editor written={config.yaml} />
          <section class="panel">
            <div class="panel-head">
              <h2>In effect</h2>
              <span class="muted">with the defaults of every option; secrets are masked</span>
              <span class="push">
                <CopyButton label="JSON" text={() => JSON.stringify(config.effective, null, 2)} />
              </span>
            </div>
            <div class="json">
              <JsonView value={config.effective} />
            </div>
          </section>
        </>
      )}
    </Answered>
  )
}

function Editor({ written }: { readonly written: string }): JSX.Element {
  const [text, setText, isDraft] = useDraft('configuration', written)
  const [check, setCheck] = useState<Check | null>(null)
  const [error, setError] = useState<Error | null>(null)
  const area = useRef<HTMLTextAreaElement>(null)
  const run = async (): Promise<void> => {
    setError(null)
    try {
      setCheck(await ask('POST /api/v1/config/validate', { body: { yaml: text } }))
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)))
    }
  }
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>As written</h2>
        {check === null ? null : (
          <Badge tone={check.ok ? 'good' : 'bad'}>
            {check.ok ? 'valid' : `${check.errors.length} to mend`}
          </Badge>
        )}
        {isDraft ? (
          <Badge title="Your edit is kept in this tab. What runs is not changed by it.">
            edited, not what runs
          </Badge>
        ) : null}
        <span class="push form-row">
          <button
            type="button"
            class="button small"
            disabled={!isDraft}
            onClick={() => {
              setText(written)
              setCheck(null)
            }}
          >
            As it runs
          </button>
          <button type="button" class="button small primary" onClick={() => void run()}>
            Check
          </button>
        </span>
      </div>
      <textarea
        ref={area}
        class="code"
        aria-label="Configuration"
        rows={18}
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      {error === null ? null : <Failure error={error} onRetry={() => void run()} />}
      {check === null ? null : (
        <Problems of={check} onLine={(line) => showLine(area.current, line)} />
      )}
    </section>
  )
}

function Problems({
  of,
  onLine,
}: {
  readonly of: Check
  readonly onLine: (line: number) => void
}): JSX.Element {
  return (
    <ul class="plain problems" role="status">
      {[...of.errors, ...of.warnings].map((problem, i) => (
        <li key={i}>
          <button
            type="button"
            class="link"
            disabled={problem.line === 0}
            onClick={() => onLine(problem.line)}
          >
            line {problem.line}
          </button>{' '}
          <Badge tone={i < of.errors.length ? 'bad' : 'warn'}>
            {i < of.errors.length ? 'error' : 'warning'}
          </Badge>{' '}
          <code>{problem.path}</code> {visible(problem.message)}
          {problem.suggestion === null ? null : <em> {visible(problem.suggestion)}</em>}
        </li>
      ))}
      {of.ok && of.warnings.length === 0 ? (
        <li class="muted">No errors. To use it, write it to the file and reload.</li>
      ) : null}
    </ul>
  )
}

function showLine(area: HTMLTextAreaElement | null, line: number): void {
  if (area === null) return
  const lines = area.value.split('\n')
  const start = lines.slice(0, line - 1).reduce((n, text) => n + text.length + 1, 0)
  area.focus()
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0))
  area.scrollTop = (area.scrollHeight / lines.length) * Math.max(0, line - 4)
}
