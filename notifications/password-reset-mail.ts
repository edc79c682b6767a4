// The job that sends a person the token for a new password. The token is made by the job, so that the queue contains none. A
// request for an unknown address enqueues the same job, which then does nothing.

import { z } from 'zod'
import { makeReset, mayHaveReset, RESET_MINUTES, resetLink } from '../accounts/password-reset.ts'
import { defineJobKind, type JobHandler, PermanentJobError } from '../jobs/job-kind.ts'
import { findCredentials } from '../storage/control/sessions.ts'
import type { PostgresPool } from '../storage/postgres/pool.ts'
import { withRole } from '../storage/postgres/roles.ts'
import type { MailSettings } from './channels/channel.ts'
import { NOT_CONFIGURED, sendMail } from './channels/mail.ts'

const payload = z.object({
  /** Null for an address that belongs to nobody. */
  user_id: z.string().nullable(),
  ip: z.string().nullable(),
  user_agent: z.string().nullable(),
  request_id: z.string().nullable(),
})

export const SEND_RESET = defineJobKind({ name: 'accounts.reset', payload, concurrency: 2 })

export interface ResetMailOptions {
  readonly mail: MailSettings | null
  readonly externalUrl: string | null
}

export function sendResets(
  pool: PostgresPool,
  { mail, externalUrl }: ResetMailOptions,
): JobHandler<z.output<typeof payload>> {
  return {
    kind: SEND_RESET,
    run: async ({ id, payload: { user_id, ...from }, signal, log }) => {
      if (user_id === null) return
      if (mail === null) throw new PermanentJobError('OBS_NOTIFY_NO_MAIL', NOT_CONFIGURED.text)
      const made = await withRole(
        pool,
        'observa_control',
        async (client) => {
          const user = await findCredentials(client, { userId: user_id })
          if (user === null || user.is_disabled) return null
          if (!(await mayHaveReset(client, user_id, id))) return null
          const { ip, user_agent: userAgent, request_id: requestId } = from
          const actor = { kind: 'anonymous', id: null, ip, userAgent, requestId } as const
          const { token } = await makeReset(client, user_id, { actor, resetId: id })
          return { email: user.email, token }
        },
        { signal },
      )
      if (made === null) return
      const outcome = await sendMail(mail, {
        to: [made.email],
        subject: 'Your new password for Observa',
        id,
        text: textOf(made.token, externalUrl),
      })
      if (outcome.isDone) return
      log.warn({ code: outcome.code, status: outcome.status }, 'a mail for a new password failed')
      const message = 'The mail server did not take the mail.'
      if (!outcome.isRetryable)
        throw new PermanentJobError(outcome.code ?? 'OBS_NOTIFY_FAILED', message)
      throw Object.assign(new Error(message), { code: outcome.code ?? 'OBS_NOTIFY_FAILED' })
    },
  }
}

function textOf(token: string, externalUrl: string | null): string {
  const how =
    externalUrl === null
      ? `Open the sign-in page, choose "Forgot password" and enter this token:\n\n  ${token}`
      : `Set a new password here:\n\n  ${resetLink(externalUrl, token)}`
  return [
    'Somebody, probably you, asked for a new password or an account for this address.',
    '',
    how,
    '',
    `It can be used once within ${RESET_MINUTES} minutes, and ends all your sessions.`,
    'If it was not you, do nothing: everything stays as it is.',
    '',
  ].join('\n')
}
