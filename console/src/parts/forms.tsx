// Parts of forms: a labelled text field, a labelled choice, and the error of a refused form.

import type { JSX } from 'preact'
import { ApiFault } from '../api/client.ts'
import { useSlow } from '../api/use-slow.ts'
import { adviceOf, SignInLink } from './states.tsx'

/** Why a change was refused, and what helps: signing in again, a role, or a second look. While it takes long, that it still runs. */
export function Outcome({
  of: { error, isBusy },
}: {
  readonly of: { readonly error: Error | null; readonly isBusy: boolean }
}): JSX.Element | null {
  const isSlow = useSlow(isBusy)
  if (error === null) return isSlow ? <p role="status">Still waiting for an answer.</p> : null
  return (
    <p class="form-error" role="alert">
      <Refusal error={error} />
    </p>
  )
}

export function Refusal({ error }: { readonly error: Error }): JSX.Element {
  if (error instanceof ApiFault && error.status === 401)
    return (
      <>
        {error.message} <SignInLink look="link" />
      </>
    )
  const advice = error instanceof ApiFault && error.status === 403 ? adviceOf(error) : undefined
  return <>{advice === undefined ? error.message : `${error.message} ${advice}`}</>
}

export function FormError({ message }: { readonly message: string | null }): JSX.Element | null {
  if (message === null) return null
  return (
    <p class="form-error" role="alert">
      {message}
    </p>
  )
}

export interface TextFieldProps {
  readonly label: string
  readonly value: string
  readonly onText: (text: string) => void
  readonly type?: 'text' | 'email' | 'password' | undefined
  readonly required?: boolean
  readonly maxLength?: number
  readonly placeholder?: string
  readonly autocomplete?: 'off' | 'username' | 'current-password' | 'new-password'
}

export function TextField({ label, type, onText, ...rest }: TextFieldProps): JSX.Element {
  return (
    <label class="field tall">
      <span>{label}</span>
      <Input
        type={type}
        rest={{ ...rest, onInput: (event) => onText(event.currentTarget.value) }}
      />
    </label>
  )
}

/** The types of preact tell inputs apart by a constant `type`. */
function Input({
  type = 'text',
  rest,
}: {
  readonly type: TextFieldProps['type']
  readonly rest: Omit<JSX.IntrinsicElements['input'], 'type' | 'role' | 'list'>
}): JSX.Element {
  if (type === 'email') return <input type="email" {...rest} />
  return type === 'password' ? <input type="password" {...rest} /> : <input {...rest} />
}

/** A labelled list of which one value is chosen. */
export function Choice({
  label,
  values,
  value,
  onChange,
}: {
  readonly label: string
  readonly values: readonly (readonly [value: string, label: string])[]
  readonly value: string
  readonly onChange: (value: string) => void
}): JSX.Element {
  return (
    <label class="stacked">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {values.map(([key, text]) => (
          <option value={key} key={key}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}
