// The try-it view shows what the chain of this instance makes of a payload. The payload is scrubbed, converted to canonical events and
// checked by the signal rules as in production, but in a separate thread, and nothing is stored.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { AnswerOf, BodyOf } from '../../api/operations.ts'
import { Badge, CopyButton, KindMark, Severity, SignalType } from '../../parts/basics.tsx'
import { oneLine, visible } from '../../parts/format.ts'
import { JsonView } from '../../parts/json-view.tsx'
import { Empty, Failure } from '../../parts/states.tsx'
import { useDraft } from '../../state/draft.ts'
import { EXAMPLES } from './examples.ts'
import { testCaseOf } from './test-case.ts'

type Result = AnswerOf<'POST /api/v1/explain'>
type Request = NonNullable<BodyOf<'POST /api/v1/explain'>>

interface ChosenFile {
  readonly name: string
  readonly base64: string
}

export function TryView(): JSX.Element {
  const [text, setText] = useDraft('try', '')
  const [file, setFile] = useState<ChosenFile | null>(null)
  const [result, setResult] = useState<Result | null>(null)
  const [shown, setShown] = useState('')
  const [error, setError] = useState<Error | null>(null)
  const [isBusy, setBusy] = useState(false)
  const run = async (): Promise<void> => {
    const body: Request =
      file === null
        ? { payload: text, encoding: 'utf8', input: 'auto', telemetry: 'auto' }
        : { payload: file.base64, encoding: 'base64', input: 'auto', telemetry: 'auto' }
    setBusy(true)
    setError(null)
    try {
      setResult(await ask('POST /api/v1/explain', { body }))
      setShown(file === null ? text : '')
    } catch (thrown) {
      setResult(null)
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)))
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <header class="view-head">
        <h1>Try it</h1>
        <p class="muted">
          OTLP as JSON or protobuf, NDJSON or events of the old SDK. Nothing is stored.
        </p>
      </header>
      <TryForm
        text={text}
        file={file}
        isBusy={isBusy}
        onText={setText}
        onFile={setFile}
        onRun={() => void run()}
      />
      {error === null ? null : <Failure error={error} onRetry={() => void run()} />}
      {result === null ? null : <Shown result={result} payload={shown} />}
    </>
  )
}

interface TryFormProps {
  readonly text: string
  readonly file: ChosenFile | null
  readonly isBusy: boolean
  readonly onText: (text: string) => void
  readonly onFile: (file: ChosenFile | null) => void
  readonly onRun: () => void
}

/** The input for the payload, which can be pasted, dropped or selected as a file. */
function TryForm({ text, file, isBusy, onText, onFile, onRun }: TryFormProps): JSX.Element {
  const take = async (given: File | undefined): Promise<void> => {
    if (given === undefined) return
    const bytes = new Uint8Array(await given.arrayBuffer())
    onFile({ name: given.name, base64: base64Of(bytes) })
  }
  return (
    <form
      class="panel try-form"
      onSubmit={(event) => {
        event.preventDefault()
        onRun()
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        void take(event.dataTransfer?.files[0])
      }}
    >
      <label class="stacked">
        <span>Payload</span>
        <textarea
          class="code"
          data-search=""
          rows={12}
          spellcheck={false}
          placeholder="Paste a payload here, or drop a file"
          value={file === null ? text : ''}
          disabled={file !== null}
          onInput={(event) => onText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) onRun()
          }}
        />
      </label>
      <p class="form-row">
        <button
          type="submit"
          class="button primary"
          disabled={isBusy || (file === null && text.trim() === '')}
        >
          {isBusy ? 'Running' : 'Run it'}
        </button>
        <label class="button file-choice">
          <input
            type="file"
            class="unseen"
            onChange={(event) => void take(event.currentTarget.files?.[0])}
          />
          Choose a file
        </label>
        {file === null ? null : (
          <button type="button" class="button" onClick={() => onFile(null)}>
            Without {oneLine(file.name, 40)}
          </button>
        )}
        <span class="push muted">Examples:</span>
        {EXAMPLES.map((example) => (
          <button
            type="button"
            class="link"
            key={example.label}
            onClick={() => {
              onFile(null)
              onText(example.text)
            }}
          >
            {example.label}
          </button>
        ))}
      </p>
    </form>
  )
}

/** Converts bytes to a string in pieces, because the number of arguments of a call is limited. */
function base64Of(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

/** `payload` is empty for a file. */
function Shown({
  result,
  payload,
}: {
  readonly result: Result
  readonly payload: string
}): JSX.Element {
  const { events, signals, rejected, dropped } = result
  const testCase = testCaseOf(payload, result)
  return (
    <div role="status" class="try-result">
      {testCase === null ? null : (
        <p class="form-row">
          <CopyButton label="as a test" text={() => testCase} />
          <span class="muted">
            for <code>tests:</code> of the configuration, which <code>observa test</code> runs
          </span>
        </p>
      )}
      {rejected.length === 0 ? null : (
        <section class="panel">
          <h2>Rejected</h2>
          <ul class="plain">
            {rejected.map((r, i) => (
              <li key={i}>
                {r.item === null ? null : <Badge tone="bad">item {r.item}</Badge>}{' '}
                {visible(r.reason)}
              </li>
            ))}
          </ul>
        </section>
      )}
      {dropped === 0 ? null : (
        <p class="panel">
          {dropped} {dropped === 1 ? 'span was' : 'spans were'} removed by an action of scrubbing.
        </p>
      )}
      {signals.length === 0 ? null : (
        <section class="panel">
          <h2>Issues</h2>
          <ul class="plain">
            {signals.map((signal, i) => (
              <li key={i}>
                <Severity of={String(signal['severity'])} />{' '}
                <SignalType type={String(signal['type'])} />
                <div class="json">
                  <JsonView value={signal['evidence']} />
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}
      {events.length === 0 && rejected.length === 0 ? (
        <Empty title="No events">The payload has no span, log record or event.</Empty>
      ) : null}
      {events.map((one) => (
        <Event one={one} key={String(one.event['event_id'])} />
      ))}
      {result.is_cut ? <p class="stale">There are more events than are shown here.</p> : null}
    </div>
  )
}

function Event({ one }: { readonly one: Result['events'][number] }): JSX.Element {
  const { event, explain, scrubbed } = one
  const kind = typeof event['kind'] === 'string' ? event['kind'] : null
  const fields = Object.entries(event).filter(
    ([name, value]) => value !== null && name !== 'field_sources',
  )
  return (
    <section class="panel">
      <div class="panel-head">
        <KindMark kind={kind} />
        <h2>{oneLine(String(event['name'] ?? event['event_id']), 90)}</h2>
        {scrubbed.length === 0 ? null : (
          <Badge tone="warn">
            {scrubbed.length} {scrubbed.length === 1 ? 'place' : 'places'} scrubbed
          </Badge>
        )}
        <span class="push">
          <CopyButton label="JSON" text={() => JSON.stringify(event, null, 2)} />
        </span>
      </div>
      {scrubbed.length === 0 ? null : (
        <details>
          <summary>What was scrubbed</summary>
          <div class="json">
            <JsonView value={scrubbed} />
          </div>
        </details>
      )}
      <div class="scroll-x" tabIndex={0} role="region" aria-label="Fields of the event">
        <table class="table fields">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Value</th>
              <th scope="col">Filled from</th>
            </tr>
          </thead>
          <tbody>
            {fields.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">
                  <code>{name}</code>
                </th>
                <td class="wide json">
                  <JsonView value={value} />
                </td>
                <td>
                  {explain[name] === undefined ? null : (
                    <span title={explain[name].rule}>{oneLine(explain[name].source, 80)}</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
