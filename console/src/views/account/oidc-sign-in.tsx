// Signing in at the OpenID provider of the instance: a link to it, and why the last attempt failed. The provider sends the person back
// to the API, which sends them to the console, after a refusal with its reason in the fragment.

import type { JSX } from 'preact'
import type { OidcRefusal, SignInOptions } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { FormError } from '../../parts/forms.tsx'
import { BASE, nextAddress } from '../../state/location.ts'

const REFUSALS: Readonly<Record<OidcRefusal, string>> = {
  state:
    'This sign-in was begun in another browser or tab, or more than ten minutes ago. Try again.',
  denied: 'The provider did not sign you in.',
  unavailable: 'The provider cannot be reached now. Try again later, or use your password.',
  provider:
    'The answer of the provider is not valid. Try again; if it stays, the log of the instance says more.',
  clock:
    'The clocks of the provider and of this instance are too far apart. Tell whoever runs this instance.',
  email: 'The provider gave no e-mail address that it has verified.',
  domain: 'People with an e-mail address of this domain may not sign in here.',
  closed: 'You have no account here. Whoever runs this instance makes accounts.',
  not_invited: 'You have no account here. Ask a member for an invitation to this e-mail address.',
  disabled: 'Your account is disabled.',
  taken:
    'The account with your e-mail address belongs to another person of the provider. Whoever runs this instance can unlink it.',
  insecure: 'Signing in needs https. Tell whoever runs this instance.',
  too_many: 'There were too many attempts from your address. Try again in a quarter of an hour.',
  accounts: 'Accounts cannot be read now. Try again later.',
}

const isRefusal = (text: string): text is OidcRefusal => Object.hasOwn(REFUSALS, text)

function refusal(): string | null {
  const reason = /^#oidc=(\w+)$/.exec(window.location.hash)?.[1] ?? ''
  return isRefusal(reason) ? REFUSALS[reason] : null
}

/** Nothing where no provider is configured. */
export function OidcSignIn(): JSX.Element | null {
  const oidc = useApi<SignInOptions>('/api/v1/auth/options').data?.oidc ?? null
  if (oidc === null) return null
  const returnTo = `/${nextAddress().slice(BASE.length)}`
  return (
    <>
      <div class="panel form">
        <FormError message={refusal()} />
        <a
          class="button primary"
          href={`${oidc.start_url}?return_to=${encodeURIComponent(returnTo)}`}
        >
          Sign in with {oidc.name}
        </a>
      </div>
      <p class="or">
        <span>or</span>
      </p>
    </>
  )
}
