// Asks for the mail with which a person sets a password, for a forgotten one and for a new account.

import type { FastifyRequest } from 'fastify'
import { codeOf } from '../../../core/errors.ts'
import type { ResetMail } from '../../../core/operations.ts'
import { ApiError } from '../../app.ts'
import { callerOf } from '../../auth.ts'

export const NO_MAIL =
  'This instance has no mail server (notifications.smtp) to send a token with. Whoever runs it can make one: observa users reset EMAIL.'

export function resetMailOf(
  req: FastifyRequest,
  to: Pick<ResetMail, 'email' | 'userId'>,
): ResetMail {
  const { ip = null, userAgent = null, requestId = null } = callerOf(req)
  return { ...to, ip, userAgent, requestId }
}

export async function queued(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    if (codeOf(thrown) !== 'OBS_JOBS_UNAVAILABLE') throw thrown
    const message = 'The mail cannot be put into the queue now.'
    throw new ApiError(503, 'SERVICE_UNAVAILABLE', message, { retryAfterS: 5 })
  }
}
