// Invitations to the tenant, and accepting one. The token is shown once to the person who invites, and handed over by
// that person.

import { z } from 'zod'
import { email, role } from '../../../accounts/input.ts'
import { invite, join, withdraw } from '../../../accounts/sign-in.ts'
import type { SignInAttempts } from '../../../accounts/sign-in-attempts.ts'
import { type InvitationRow, listInvitations } from '../../../storage/control/sessions.ts'
import { actorOf, sessionOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { nextCursor, paging } from '../query-parameters.ts'
import { guardPasswords } from './auth.ts'
import { read, write } from './change.ts'

const time = z.date().nullable()
const invitationSchema = z.object({
  invitation_id: z.string(),
  email: z.string(),
  role: z.string(),
  created_at: z.date(),
  created_by: z.string(),
  expires_at: z.date(),
  accepted_at: time,
  revoked_at: time,
})

const shown = (row: InvitationRow) => ({ ...row })

export function invitationRoutes(app: Api, stores: Stores, attempts: SignInAttempts): void {
  app.get(
    '/api/v1/invitations',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Invitations of the tenant, newest first',
        querystring: z.strictObject(paging),
        response: { 200: z.object({ data: z.array(invitationSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const page = await read(req, stores, (client, tenantId) =>
        listInvitations(client, { tenantId, ...req.query }),
      )
      return { data: page.rows.map(shown), next_cursor: page.next }
    },
  )
  app.post(
    '/api/v1/invitations',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Invite somebody; the token is shown this once and is good for 7 days',
        body: z.strictObject({ email, role: role.default('member') }),
        response: { 201: invitationSchema.extend({ token: z.string() }) },
      },
    },
    async (req, reply) => {
      const made = await write(req, stores, (c) => invite(c, req.body.email, req.body.role))
      void reply.code(201).header('cache-control', 'no-store')
      return { ...shown(made.row), token: made.token }
    },
  )
  changeRoutes(app, stores, attempts)
}

function changeRoutes(app: Api, stores: Stores, attempts: SignInAttempts): void {
  app.delete(
    '/api/v1/invitations/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Withdraw an invitation',
        params: z.object({ id: z.uuid() }),
        response: { 204: z.null().describe('Withdrawn.') },
      },
    },
    async (req, reply) => {
      await write(req, stores, (change) => withdraw(change, req.params.id))
      return await reply.code(204).send(null)
    },
  )
  app.post(
    '/api/v1/invitations/accept',
    {
      config: { scope: 'session' },
      schema: {
        tags: ['account'],
        summary: 'Join another tenant with the account one has',
        body: z.strictObject({ invitation: z.string().max(200) }),
        response: { 200: z.object({ tenant_id: z.string() }) },
      },
    },
    async (req, reply) => {
      guardPasswords(req, reply, attempts)
      const session = sessionOf(req)
      return { tenant_id: await join(stores.postgres, session, req.body.invitation, actorOf(req)) }
    },
  )
}
