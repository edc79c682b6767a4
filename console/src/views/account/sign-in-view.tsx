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

export function SignInView(): JSX.Element {
  return (
    <div class="sign-in">
      <h1>Sign in</h1>
      <PasswordForm />
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

function PasswordForm(): JSX.Element {
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
