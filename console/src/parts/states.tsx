// The components that are shown in place of data: nothing found, loading, an error with its reason and a hint, and missing permission. It
// also has the error boundary that keeps an exception in one view from blanking the page.

import { Component, type ComponentChildren, type JSX } from 'preact'
import { ApiFault, isForbidden } from '../api/client.ts'
import { type Answer, queries } from '../api/use-query.ts'
import { useSlow } from '../api/use-slow.ts'
import { locationNow } from '../state/location.ts'
import { Link } from './basics.tsx'

export function Empty({
  title,
  children,
}: {
  readonly title: string
  readonly children?: ComponentChildren
}): JSX.Element {
  return (
    <div class="state">
      <h2>{title}</h2>
      {children === undefined ? null : <div class="state-text">{children}</div>}
    </div>
  )
}

/** After some seconds it says that it still waits, so that nobody takes it for a page that hangs. */
export function Loading({ lines = 6 }: { readonly lines?: number }): JSX.Element {
  const isSlow = useSlow(true)
  return (
    <>
      {isSlow ? (
        <p class="stale" role="status">
          Still waiting for an answer.{' '}
          <button type="button" class="link" onClick={() => void askAgain()}>
            Ask again
          </button>
        </p>
      ) : null}
      <div class="skeleton" role="status" aria-label="Loading">
        {Array.from({ length: lines }, (_, i) => (
          <span key={i} style={{ width: `${92 - ((i * 17) % 40)}%` }} />
        ))}
      </div>
    </>
  )
}

/** Gives up what this page waits for, and asks again; a query that runs would be waited for. */
async function askAgain(): Promise<void> {
  const waiting = { type: 'active', fetchStatus: 'fetching' } as const
  await queries.cancelQueries(waiting)
  await queries.refetchQueries({ type: 'active' })
}

/** A link to sign in that leads back here. */
export function SignInLink({ look }: { readonly look: string }): JSX.Element {
  const { path } = locationNow()
  return (
    <Link class={look} to="/sign-in" params={{ next: `${path}${window.location.search}` }}>
      Sign in
    </Link>
  )
}

function titleOf(error: Error): string {
  if (!(error instanceof ApiFault)) return 'This view failed'
  if (error.status === 0) return 'Observa does not answer'
  if (error.status === 401) return 'Sign in to see this'
  if (error.status === 403) return 'You may not see this'
  if (error.status === 404) return 'There is no such thing here'
  if (error.code === 'STORE_NOT_CONFIGURED') return 'This instance keeps no such data'
  if (error.status === 503) return 'A store does not answer'
  return 'The request failed'
}

const ADVICE: Readonly<Record<number, string>> = {
  0: 'Is the process running? What is shown elsewhere on this page may be old.',
  403: 'Ask an owner or admin of your tenant for the role, or use a key with the scope.',
  404: 'It may have been deleted, its retention may have passed, or it belongs to another project.',
  503: 'Receiving goes on. This view comes back when the store answers.',
}

const NOT_UNDERSTOOD =
  'The answer is not of the form that this page expects: something between this browser and Observa answered, or Observa was updated. Load the page again.'

export const adviceOf = (error: Error): string | undefined =>
  error instanceof ApiFault ? ADVICE[error.status] : NOT_UNDERSTOOD

export function Failure({
  error,
  onRetry,
}: {
  readonly error: Error
  readonly onRetry?: () => void
}): JSX.Element {
  const fault = error instanceof ApiFault ? error : null
  if (fault?.code === 'OPERATORS_ONLY') return <ForOperators />
  const advice = adviceOf(error)
  return (
    <div class={`state${isForbidden(error) ? '' : ' state-error'}`} role="alert">
      <h2>{titleOf(error)}</h2>
      <p class="state-text">{error.message}</p>
      {advice === undefined ? null : <p class="state-text">{advice}</p>}
      <p class="state-actions">
        {fault?.status === 401 ? (
          <SignInLink look="button primary" />
        ) : (
          <button
            type="button"
            class="button"
            onClick={onRetry ?? (() => void queries.invalidateQueries())}
          >
            Try again
          </button>
        )}
        {fault?.requestId == null ? null : (
          <span class="muted">
            request <code>{fault.requestId}</code>
          </span>
        )}
      </p>
    </div>
  )
}

/** What concerns the whole instance is not withheld from members of a tenant by mistake, so nothing here looks like a fault. */
function ForOperators(): JSX.Element {
  return (
    <Empty title="For those who run this instance">
      <p>
        It concerns all who send here. Traffic, costs and issues of your projects are under the
        other views.
      </p>
      <p>
        The option <code>operators</code> of the api extension names the tenants that may see it.
      </p>
    </Empty>
  )
}

interface AnsweredProps<T> {
  readonly of: Answer<T>
  readonly lines?: number
  readonly children: (data: T) => ComponentChildren
}

/** Selects the state to show in the same order everywhere: an error if there is no data, data even if it is old, otherwise loading. */
export function Answered<T>({ of, lines, children }: AnsweredProps<T>): JSX.Element {
  if (of.data !== undefined)
    return (
      <>
        {of.error === null ? null : (
          <p class="stale" role="status">
            Not up to date: {of.error.message}
          </p>
        )}
        {children(of.data)}
      </>
    )
  if (of.error !== null) return <Failure error={of.error} onRetry={() => void of.refetch()} />
  return <Loading {...(lines === undefined ? {} : { lines })} />
}

interface BoundaryState {
  readonly error: Error | null
}

/** Catches exceptions during rendering and shows the message in place of the view. The navigation stays usable. */
export class Boundary extends Component<{ readonly children: ComponentChildren }, BoundaryState> {
  override state: BoundaryState = { error: null }

  static override getDerivedStateFromError(error: unknown): BoundaryState {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override render(): ComponentChildren {
    if (this.state.error === null) return this.props.children
    return <Failure error={this.state.error} onRetry={() => this.setState({ error: null })} />
  }
}
