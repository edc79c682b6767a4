// The sign-in view: with e-mail address and password, or with an API key, which is kept for this tab only.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { call, setKey } from '../../api/client.ts'
import { queries } from '../../api/use-query.ts'
import { FormError, TextField } from '../../parts/forms.tsx'
import { addressOf, go } from '../../state/location.ts'

async function enter(): Promise<void> {
  await queries.resetQueries()
  go(addressOf('/'))
}

type Step = 'password' | 'forgotten' | 'token'

/** A link of a mail has the token in its fragment, which no server gets to see. */
const linkedToken = (): string => /^#reset=(\S+)$/.exec(window.location.hash)?.[1] ?? ''

export function SignInView(): JSX.Element {
  const [step, setStep] = useState<Step>(linkedToken() === '' ? 'password' : 'token')
  return (
    <div class="sign-in">
      <h1>Sign in</h1>
      {step === 'password' && <PasswordForm onForgotten={() => setStep('forgotten')} />}
      {step === 'forgotten' && <ForgottenForm onStep={setStep} />}
      {step === 'token' && <TokenForm onDone={() => setStep('password')} />}
      <p class="or">
        <span>or</span>
      </p>
      <KeyForm />
    </div>
  )
}

/** A hook for a form: returns the error of the last attempt, whether one is running, and the function that starts one. */
function useAttempt(): readonly [string | null, boolean, (work: () => Promise<void>) => void] {
  const [error, setError] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true)
    setError(null)
    try {
      await work()
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown.message : String(thrown))
    } finally {
      setBusy(false)
    }
  }
  return [error, isBusy, (work) => void attempt(work)]
}

function PasswordForm({ onForgotten }: { readonly onForgotten: () => void }): JSX.Element {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [error, isBusy, attempt] = useAttempt()
  return (
    <form
      class="panel form"
      onSubmit={(event) => {
        event.preventDefault()
        attempt(async () => {
          setKey(null)
          await call('/api/v1/auth/login', { method: 'POST', body: { email, password } })
          await enter()
        })
      }}
    >
      <TextField
        label="E-mail address"
        type="email"
        autocomplete="username"
        required
        value={email}
        onText={setEmail}
      />
      <TextField
        label="Password"
        type="password"
        autocomplete="current-password"
        required
        value={password}
        onText={setPassword}
      />
      <FormError message={error} />
      <button type="submit" class="button primary" disabled={isBusy}>
        {isBusy ? 'Signing in…' : 'Sign in'}
      </button>
      <button type="button" class="button" onClick={onForgotten}>
        Forgot password
      </button>
    </form>
  )
}

function ForgottenForm({ onStep }: { readonly onStep: (step: Step) => void }): JSX.Element {
  const [email, setEmail] = useState('')
  const [error, isBusy, attempt] = useAttempt()
  return (
    <form
      class="panel form"
      onSubmit={(event) => {
        event.preventDefault()
        attempt(async () => {
          await call('/api/v1/auth/reset', { method: 'POST', body: { email } })
          onStep('token')
        })
      }}
    >
      <TextField
        label="E-mail address"
        type="email"
        autocomplete="username"
        required
        value={email}
        onText={setEmail}
      />
      <FormError message={error} />
      <button type="submit" class="button primary" disabled={isBusy}>
        Send a token for a new password
      </button>
      <button type="button" class="button" onClick={() => onStep('token')}>
        I have a token
      </button>
      <button type="button" class="button" onClick={() => onStep('password')}>
        Back
      </button>
    </form>
  )
}

function TokenForm({ onDone }: { readonly onDone: () => void }): JSX.Element {
  const [token, setToken] = useState(linkedToken)
  const [password, setPassword] = useState('')
  const [error, isBusy, attempt] = useAttempt()
  return (
    <form
      class="panel form"
      onSubmit={(event) => {
        event.preventDefault()
        attempt(async () => {
          const body = { token: token.trim(), password }
          await call('/api/v1/auth/reset/confirm', { method: 'POST', body })
          go(addressOf('/sign-in'), { isReplaced: true })
          onDone()
        })
      }}
    >
      <p class="muted">If somebody has the address, a mail with a token is on its way.</p>
      <TextField
        label="Token"
        type="password"
        autocomplete="off"
        required
        placeholder="or_…"
        value={token}
        onText={setToken}
      />
      <TextField
        label="New password"
        type="password"
        autocomplete="new-password"
        required
        value={password}
        onText={setPassword}
      />
      <FormError message={error} />
      <button type="submit" class="button primary" disabled={isBusy}>
        Set the password
      </button>
      <button type="button" class="button" onClick={onDone}>
        Back
      </button>
    </form>
  )
}

function KeyForm(): JSX.Element {
  const [key, setTyped] = useState('')
  const [error, isBusy, attempt] = useAttempt()
  return (
    <form
      class="panel form"
      onSubmit={(event) => {
        event.preventDefault()
        attempt(async () => {
          setKey(key.trim())
          try {
            await call('/api/v1/traces', { parameters: { limit: 1 } })
          } catch (thrown) {
            setKey(null)
            throw thrown
          }
          await enter()
        })
      }}
    >
      <TextField
        label="Key with the scope query"
        type="password"
        autocomplete="off"
        required
        placeholder="sk_…"
        value={key}
        onText={setTyped}
      />
      <FormError message={error} />
      <button type="submit" class="button" disabled={isBusy}>
        Use the key
      </button>
      <p class="muted">It stays in this tab and is forgotten when the tab is closed.</p>
    </form>
  )
}
