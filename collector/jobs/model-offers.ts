// What the jobs of an instance offer to the API: which judges there are, how a text is embedded, and a mail for a forgotten password.

import { hash } from 'node:crypto'
import type { EmbedText, JudgeOffer, MailReset } from '../../core/operations.ts'
import { SEND_RESET } from '../../notifications/password-reset-mail.ts'
import type { JobService } from './job-service.ts'
import { judgeOffer } from './judge-settings.ts'

/** The configured judges. Undefined without any. */
export function judgesOf(jobs: JobService | undefined): JudgeOffer | undefined {
  const settings = jobs?.judges ?? null
  return settings === null ? undefined : judgeOffer(settings)
}

/** Embeds a text with the configured model. Undefined without one. The function resolves with null if the model's budget is spent. */
export function embedTextOf(jobs: JobService | undefined): EmbedText | undefined {
  const embedder = jobs?.embedder ?? null
  if (embedder === null) return undefined
  return async (tenantId, text, signal) => {
    const [v] = (await embedder.embed(tenantId, [text], signal)) ?? []
    return v === undefined ? null : { embedder: embedder.name, v }
  }
}

/** Undefined without a mail server. */
export function mailResetOf(jobs: JobService | undefined): MailReset | undefined {
  if (jobs === undefined || !jobs.hasMail) return undefined
  return async ({ email, userId, ip, userAgent, requestId }) => {
    const from = { ip, user_agent: userAgent?.slice(0, 500) ?? null, request_id: requestId }
    // The queue holds no address, and one job at a time for the same one, known or not.
    const key = hash('sha256', email.toLowerCase())
    await jobs.queue.enqueue(SEND_RESET, { user_id: userId, ...from }, { key })
  }
}
