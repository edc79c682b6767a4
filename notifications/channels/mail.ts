// Sends one mail through the SMTP server of the operator.

import { createTransport } from 'nodemailer'
import { failureOf, type PostOutcome, TIMEOUT_MS } from '../http/post.ts'
import type { MailSettings } from './channel.ts'

export interface Mail {
  readonly to: readonly string[]
  readonly subject: string
  /** The same for every attempt. */
  readonly id: string
  readonly text: string
  readonly html?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Never rejects; a failure is an outcome. */
export async function sendMail(settings: MailSettings, mail: Mail): Promise<PostOutcome> {
  const transport = createTransport(settings.url, {
    from: settings.from,
    // A message must not make the library read a file or fetch an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = /@([^>\s]+)>?$/.exec(settings.from)?.[1] ?? 'observa'
  const late = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const { id, to, headers, ...rest } = mail
    const sent = transport.sendMail({
      ...rest,
      to: [...to],
      messageId: `<${id}@${domain}>`,
      headers: { 'Auto-Submitted': 'auto-generated', ...headers },
    })
    const { accepted, rejected, response } = await Promise.race([sent, whenAborted(late)])
    return outcomeOf(accepted.length, rejected.length, response)
  } catch (thrown) {
    return failedMail(thrown)
  } finally {
    transport.close()
  }
}

export const NOT_CONFIGURED: PostOutcome = {
  isDone: false,
  isRetryable: false,
  status: null,
  code: 'OBS_NOTIFY_NO_MAIL',
  text: 'no mail server is configured: notifications.smtp',
  retryAfterMs: null,
}

const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

function outcomeOf(accepted: number, rejected: number, response: string): PostOutcome {
  const text = rejected === 0 ? response : `${response}; ${rejected} recipients were refused`
  return {
    isDone: accepted > 0,
    isRetryable: false,
    status: 250,
    code: accepted > 0 ? null : 'OBS_NOTIFY_STATUS',
    text,
    retryAfterMs: null,
  }
}

/** SMTP codes from 500 on are permanent failures. Their text may quote the message and is not kept. */
function failedMail(thrown: unknown): PostOutcome {
  const status = (thrown as { responseCode?: unknown }).responseCode
  const failure = failureOf(thrown)
  if (typeof status !== 'number') return failure
  return { ...failure, status, code: 'OBS_NOTIFY_STATUS', isRetryable: status < 500 }
}
