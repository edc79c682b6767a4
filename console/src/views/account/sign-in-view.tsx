// The sign-in view: at an OpenID provider where one is configured, with e-mail address and password, or with an API key, which is
// kept for this tab only.

import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { call, setKey } from '../../api/client.ts'
import { queries } from '../../api/use-query.ts'
import { FormError, TextField, type TextFieldProps } from '../../parts/forms.tsx'
import { addressOf, go, nextAddress } from '../../state/location.ts'
import { OidcSignIn } from './oidc-sign-in.tsx'

async function enter(): Promise<void> {
  await queries.resetQueries()
  go(nextAddress())
}

type Step = 'password' | 'forgotten' | 'token'

/** A link of a mail has the token in its fragment, which no server gets to see. */
const linkedToken = (): string => /^#reset=(\S+)$/.exec(window.location.hash)?.[1] ?? ''

export function SignInView(): JSX.Element {
  const [step, setStep] = useState<Step>(linkedToken() === '' ? 'password' : 'token')
  return (
    <div class="sign-in">
      <h1>Sign in</h1>
      <OidcSignIn />
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

interface AttemptFormProps {
  /** The fields. */
  readonly children: ComponentChildren
  readonly submit: string
  /** The text of the button while the attempt runs. */
  readonly busy?: string
  readonly isPrimary?: boolean
  /** What the form does. Its error is shown in the form. */
  readonly attempt: () => Promise<void>
  /** What follows the button. */
  readonly more?: ComponentChildren
}

/** A form that tells what was wrong with the last attempt, and makes one at a time. */
function AttemptForm({
  children,
  submit,
  busy = submit,
  isPrimary = true,
  attempt,
  more,
}: AttemptFormProps): JSX.Element {
  const [error, setError] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const run = async (): Promise<void> => {
    setBusy(true)
    setError(null)
    try {
      await attempt()
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown.message : String(thrown))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      class="panel form"
      onSubmit={(event) => {
        event.preventDefault()
        void run()
      }}
    >
      {children}
      <FormError message={error} />
      <button type="submit" class={isPrimary ? 'button primary' : 'button'} disabled={isBusy}>
        {isBusy ? busy : submit}
      </button>
      {more}
    </form>
  )
}

function OtherStep({
  label,
  onChosen,
}: {
  readonly label: string
  readonly onChosen: () => void
}): JSX.Element {
  return (
    <button type="button" class="button" onClick={onChosen}>
      {label}
    </button>
  )
}

function EmailField(props: Pick<TextFieldProps, 'value' | 'onText'>): JSX.Element {
  return (
    <TextField label="E-mail address" type="email" autocomplete="username" required {...props} />
  )
}

function PasswordForm({ onForgotten }: { readonly onForgotten: () => void }): JSX.Element {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  return (
    <AttemptForm
      submit="Sign in"
      busy="Signing in…"
      attempt={async () => {
        setKey(null)
        await call('/api/v1/auth/login', { method: 'POST', body: { email, password } })
        await enter()
      }}
      more={<OtherStep label="Forgot password" onChosen={onForgotten} />}
    >
      <EmailField value={email} onText={setEmail} />
      <TextField
        label="Password"
        type="password"
        autocomplete="current-password"
        required
        value={password}
        onText={setPassword}
      />
    </AttemptForm>
  )
}

function ForgottenForm({ onStep }: { readonly onStep: (step: Step) => void }): JSX.Element {
  const [email, setEmail] = useState('')
  return (
    <AttemptForm
      submit="Send a token for a new password"
      attempt={async () => {
        await call('/api/v1/auth/reset', { method: 'POST', body: { email } })
        onStep('token')
      }}
      more={
        <>
          <OtherStep label="I have a token" onChosen={() => onStep('token')} />
          <OtherStep label="Back" onChosen={() => onStep('password')} />
        </>
      }
    >
      <EmailField value={email} onText={setEmail} />
    </AttemptForm>
  )
}

function TokenForm({ onDone }: { readonly onDone: () => void }): JSX.Element {
  const [token, setToken] = useState(linkedToken)
  const [password, setPassword] = useState('')
  return (
    <AttemptForm
      submit="Set the password"
      attempt={async () => {
        const body = { token: token.trim(), password }
        await call('/api/v1/auth/reset/confirm', { method: 'POST', body })
        go(addressOf('/sign-in'), { isReplaced: true })
        onDone()
      }}
      more={<OtherStep label="Back" onChosen={onDone} />}
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
    </AttemptForm>
  )
}

function KeyForm(): JSX.Element {
  const [key, setTyped] = useState('')
  return (
    <AttemptForm
      submit="Use the key"
      isPrimary={false}
      attempt={async () => {
        setKey(key.trim())
        try {
          await call('/api/v1/traces', { parameters: { limit: 1 } })
        } catch (thrown) {
          setKey(null)
          throw thrown
        }
        await enter()
      }}
      more={<p class="muted">It stays in this tab and is forgotten when the tab is closed.</p>}
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
    </AttemptForm>
  )
}
