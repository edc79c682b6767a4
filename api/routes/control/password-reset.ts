// Routes for a forgotten password: one has a token sent by mail, the other takes the token and a new password.

import { z } from 'zod'
import { email } from '../../../accounts/input.ts'
import { confirmReset } from '../../../accounts/password-reset.ts'
import type { SignInAttempts } from '../../../accounts/sign-in-attempts.ts'
import type { ServiceView } from '../../../core/component.ts'
import { findCredentials } from '../../../storage/control/sessions.ts'
import { withRole } from '../../../storage/postgres/roles.ts'
import { ApiError } from '../../app.ts'
import { callerOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { guardPasswords, notTooBusy, password } from './auth.ts'
import { NO_MAIL, queued, resetMailOf } from './reset-mail.ts'

export interface PasswordResetSettings {
  readonly stores: Stores
  readonly service: Pick<ServiceView, 'mailReset'>
  readonly attempts: SignInAttempts
}

export function passwordResetRoutes(app: Api, settings: PasswordResetSettings): void {
  requestRoute(app, settings)
  confirmRoute(app, settings)
}

function requestRoute(app: Api, { stores, service, attempts }: PasswordResetSettings): void {
  app.post(
    '/api/v1/auth/reset',
    {
      config: { scope: 'public' },
      schema: {
        tags: ['account'],
        summary: 'Have a token for a new password sent by mail',
        description:
          'Answers the same for addresses that nobody has. A person gets at most three mails in half an hour; a token is good for one password within 30 minutes.',
        security: [],
        body: z.strictObject({ email }),
        response: { 202: z.object({ message: z.string() }) },
      },
    },
    async (req, reply) => {
      guardPasswords(req, reply, attempts)
      const { mailReset } = service
      if (mailReset === undefined) throw new ApiError(503, 'MAIL_NOT_CONFIGURED', NO_MAIL)
      const known = await withRole(stores.postgres, 'observa_control', (client) =>
        findCredentials(client, { email: req.body.email }),
      )
      const { email } = req.body
      const mail = resetMailOf(req, { email, userId: known?.user_id ?? null })
      await queued(() => mailReset(mail))
      void reply.code(202)
      return { message: 'If somebody has this address, a mail with a token is on its way.' }
    },
  )
}

function confirmRoute(app: Api, { stores, attempts }: PasswordResetSettings): void {
  app.post(
    '/api/v1/auth/reset/confirm',
    {
      config: { scope: 'public' },
      schema: {
        tags: ['account'],
        summary: 'Set a new password with a token; all sessions end',
        security: [],
        body: z.strictObject({
          token: z.string().min(1).max(200).describe('From the mail, or from observa users reset.'),
          password,
        }),
        response: { 204: z.null().describe('Set: log in with it.') },
      },
    },
    async (req, reply) => {
      guardPasswords(req, reply, attempts)
      const user = await notTooBusy(() => confirmReset(stores.postgres, req.body, callerOf(req)))
      attempts.succeeded(req.ip, user.email)
      return await reply.code(204).send(null)
    },
  )
}
