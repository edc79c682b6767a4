// One operation of the API: its parameters and responses, and a form that calls it with the credential of this page.

import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { apiAddress, credentialHeaders } from '../../api/client.ts'
import { Deadline } from '../../api/deadline.ts'
import { Badge, CopyButton } from '../../parts/basics.tsx'
import { duration, visible } from '../../parts/format.ts'
import { JsonView } from '../../parts/json-view.tsx'
import { useDraft } from '../../state/draft.ts'
import { useTitle } from '../../state/title.ts'
import { exampleOf, type Operation, type Parameter, typeText } from './document.ts'

interface Props {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

interface Reply {
  readonly status: number
  readonly ms: number
  readonly text: string
}

const JSON_TYPE = 'application/json'
const SHOWN_MAX = 200_000

export function OperationPanel({ method, path, operation }: Props): JSX.Element {
  const media = operation.requestBody?.content[JSON_TYPE]
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const example = useMemo(
    () =>
      media === undefined ? '' : JSON.stringify(media.example ?? exampleOf(media.schema), null, 2),
    [media],
  )
  const [body, setBody] = useDraft(`body ${method} ${path}`, example)
  useTitle(`${method} ${path}`)
  const [reply, setReply] = useState<Reply | null>(null)
  const [isBusy, setBusy] = useState(false)
  const parameters = operation.parameters ?? []
  const address = addressOf(path, parameters, values)
  const send = async (): Promise<void> => {
    setBusy(true)
    setReply(await asked(method, address, media === undefined ? null : body, parameters, values))
    setBusy(false)
  }
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>
          {method} {path}
        </h2>
        {operation.deprecated === true ? <Badge tone="warn">will go</Badge> : null}
        <span class="push muted">
          {operation.security?.length === 0
            ? 'no key'
            : `scope ${operation['x-required-scope'] ?? ''}`}
        </span>
      </div>
      <p>{operation.summary}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        {parameters.map((p) => (
          <label class="docs-parameter" key={`${p.in} ${p.name}`}>
            <span>
              <code>{p.name}</code> {p.required === true ? <Badge tone="info">needed</Badge> : null}
              <span class="muted">
                {' '}
                {p.in}, {typeText(p.schema)}
              </span>
            </span>
            <input
              value={values[p.name] ?? ''}
              placeholder={placeholderOf(p)}
              onInput={(event) => setValues({ ...values, [p.name]: event.currentTarget.value })}
            />
            <span class="muted">{p.description ?? p.schema.description ?? ''}</span>
          </label>
        ))}
        {media === undefined ? null : (
          <label class="stacked">
            <span>Body, JSON</span>
            <textarea
              class="code"
              rows={10}
              spellcheck={false}
              value={body}
              onInput={(event) => setBody(event.currentTarget.value)}
            />
          </label>
        )}
        <p class="form-row">
          <button type="submit" class="button primary" disabled={isBusy}>
            {isBusy ? 'Asking' : 'Ask'}
          </button>
          <CopyButton label="curl" text={() => curlOf(method, address, media ? body : null)} />
        </p>
      </form>
      {reply === null ? null : <Answer reply={reply} />}
      <Answers operation={operation} />
    </section>
  )
}

function placeholderOf({ schema }: Parameter): string {
  const value = schema.examples?.[0] ?? schema.default ?? ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function addressOf(
  path: string,
  parameters: readonly Parameter[],
  values: Readonly<Record<string, string>>,
): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(values[name] ?? ''),
  )
  const query = parameters
    .filter((p) => p.in === 'query' && (values[p.name] ?? '') !== '')
    .map((p) => [p.name, values[p.name]] as const)
  return apiAddress(filled, Object.fromEntries(query))
}

async function asked(
  method: string,
  address: string,
  body: string | null,
  parameters: readonly Parameter[],
  values: Readonly<Record<string, string>>,
): Promise<Reply> {
  const given = parameters.filter((p) => p.in === 'header' && (values[p.name] ?? '') !== '')
  const headers = {
    accept: JSON_TYPE,
    ...credentialHeaders(),
    ...(body === null ? {} : { 'content-type': JSON_TYPE }),
    ...Object.fromEntries(given.map((p) => [p.name, values[p.name] ?? ''])),
  }
  const startedAt = performance.now()
  const deadline = new Deadline()
  try {
    const init = { method, headers, signal: deadline.signal, ...(body === null ? {} : { body }) }
    const res = await fetch(address, init)
    const text = await res.text()
    return { status: res.status, ms: performance.now() - startedAt, text }
  } catch {
    // The browser does not tell why there is no response.
    return { status: 0, ms: performance.now() - startedAt, text: 'Observa does not answer.' }
  } finally {
    deadline.end()
  }
}

/** Returns a shell command. The API key is a shell variable, because copied commands are pasted in other places. */
function curlOf(method: string, address: string, body: string | null): string {
  const url = new URL(address, window.location.href).href
  const data =
    body === null
      ? ''
      : ` -H 'content-type: ${JSON_TYPE}' -d '${body.replaceAll("'", String.raw`'\''`)}'`
  return `curl -s -X ${method} -H "authorization: Bearer $OBSERVA_KEY"${data} '${url}'`
}

function Answer({ reply }: { readonly reply: Reply }): JSX.Element {
  const isGood = reply.status >= 200 && reply.status < 300
  const value = parsed(reply.text)
  return (
    <div role="status">
      <p class="facts">
        <Badge tone={isGood ? 'good' : 'bad'}>{reply.status === 0 ? 'none' : reply.status}</Badge>
        <span>{duration(reply.ms)}</span>
      </p>
      <div class="json raw">
        {value === undefined ? (
          <pre>{visible(reply.text.slice(0, SHOWN_MAX))}</pre>
        ) : (
          <JsonView value={value} />
        )}
      </div>
    </div>
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The response is text, not JSON.
    return undefined
  }
}

function Answers({ operation }: { readonly operation: Operation }): JSX.Element {
  return (
    <details>
      <summary>Answers</summary>
      <table class="table">
        <tbody>
          {Object.entries(operation.responses).map(([status, answer]) => (
            <tr key={status}>
              <th scope="row">{status}</th>
              <td class="wide">{answer.description ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
