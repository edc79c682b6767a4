// Budgets, and what is left of them: for people, and for gateways that ask before a call.

import { z } from 'zod'
import { anyId } from '../../../accounts/input.ts'
import {
  budgetNamed,
  changeBudget,
  createBudget,
  remainingOf,
  removeBudget,
} from '../../../notifications/budgets/budgets.ts'
import { type BudgetRow, listBudgets } from '../../../storage/control/budgets.ts'
import { tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { nextCursor, paging } from '../query-parameters.ts'
import { read, write } from './change.ts'

const scope = z.enum(['tenant', 'project', 'user', 'agent', 'model'])
const amount = z.number().positive().max(1e15)
const subject = z.string().min(1).max(256)

const budgetSchema = z.object({
  budget_id: z.string(),
  name: z.string(),
  scope,
  project_id: z.string().nullable(),
  subject: z.string().nullable().describe('The user, agent or model; null: each has this budget.'),
  unit: z.enum(['usd', 'tokens']),
  amount: z.number(),
  per: z.enum(['day', 'week', 'month']).describe('Of the calendar, UTC.'),
  created_at: z.date(),
  created_by: z.string(),
  updated_at: z.date(),
})

const params = z.object({ id: z.string().min(1).max(64) })

export function budgetRoutes(app: Api, stores: Stores): void {
  readRoutes(app, stores)
  remainingRoute(app, stores)
  changeRoutes(app, stores)
}

function readRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/budgets',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['control'],
        summary: 'Budgets, newest first',
        querystring: z.strictObject({ ...paging, scope: scope.optional() }),
        response: { 200: z.object({ data: z.array(budgetSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const page = await read(req, stores, (client, tenantId) =>
        listBudgets(client, { ...req.query, tenantId }),
      )
      return { data: page.rows.map(shown), next_cursor: page.next }
    },
  )
  app.get(
    '/api/v1/budgets/:id',
    {
      config: { scope: 'query' },
      schema: { tags: ['control'], summary: 'One budget', params, response: { 200: budgetSchema } },
    },
    async (req) =>
      shown(
        await read(req, stores, (client, tenantId) =>
          budgetNamed({ client, tenantId }, req.params.id),
        ),
      ),
  )
}

const remainingSchema = z.object({
  data: z.array(
    z.object({
      budget_id: z.string(),
      name: z.string(),
      scope,
      subject: z.string(),
      unit: z.enum(['usd', 'tokens']),
      per: z.enum(['day', 'week', 'month']),
      amount: z.number(),
      used: z.number(),
      remaining: z.number(),
      percent: z.number(),
      exceeded: z.boolean(),
      resets_at: z.date().nullable().describe('Null while nothing was spent.'),
    }),
  ),
  exceeded: z.boolean().describe('Whether any of them is spent.'),
  remaining_usd: z
    .number()
    .nullable()
    .describe('The least that is left; null without such a budget.'),
  remaining_tokens: z.number().nullable(),
})

function remainingRoute(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/budgets/remaining',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['control'],
        summary: 'What is left of the budgets that a call would spend from',
        description:
          'For a gateway that asks before a call: those of the tenant and the project, and of the user, agent and model that are named. What was spent is known some seconds after a call.',
        querystring: z.strictObject({
          project_id: anyId.optional(),
          user_id: subject.optional(),
          agent: subject.optional(),
          model: subject.optional(),
        }),
        response: { 200: remainingSchema },
      },
    },
    async (req) => {
      const { project_id: projectId, user_id, agent, model } = req.query
      const user = stores.idForms(tenantOf(req), 'user_id', user_id)
      const rows = await read(req, stores, (client, tenantId) =>
        remainingOf(client, tenantId, { projectId, user, agent, model }),
      )
      const data = rows.map(({ budget, used, remaining, percent, resets_at, subject: of }) => {
        const { budget_id, name, scope: kind, unit, per, amount: whole } = budget
        const exceeded = used >= whole
        // The response has the name from the request. The stored name may be a pseudonym.
        const own = kind === 'user' && user_id !== undefined ? user_id : of
        return {
          budget_id,
          name,
          scope: kind,
          subject: own,
          unit,
          per,
          amount: whole,
          used,
          remaining,
          percent,
          exceeded,
          resets_at,
        }
      })
      const least = (unit: string): number | null => {
        const left = data.filter((d) => d.unit === unit).map((d) => d.remaining)
        return left.length === 0 ? null : Math.min(...left)
      }
      return {
        data,
        exceeded: data.some((d) => d.exceeded),
        remaining_usd: least('usd'),
        remaining_tokens: least('tokens'),
      }
    },
  )
}

function changeRoutes(app: Api, stores: Stores): void {
  app.post(
    '/api/v1/budgets',
    {
      config: { scope: 'admin', freeText: { name: 200 } },
      schema: {
        tags: ['control'],
        summary:
          'Set a budget; targets are notified at 80 and 95 %, 100 % is an issue `budget_exceeded`',
        body: z.strictObject({
          name: z.string().min(1).max(200),
          scope,
          project_id: anyId.nullable().default(null).describe('null: over all projects.'),
          subject: subject
            .nullable()
            .default(null)
            .describe('The user, agent or model; null: each of them has this budget.'),
          unit: z.enum(['usd', 'tokens']).default('usd'),
          amount,
          per: z.enum(['day', 'week', 'month']).default('month'),
        }),
        response: { 201: budgetSchema },
      },
    },
    async (req, reply) => {
      const { project_id: projectId, subject: plain, ...rest } = req.body
      const forms =
        rest.scope === 'user' && plain !== null
          ? stores.idForms(tenantOf(req), 'user_id', plain)
          : undefined
      const made = await write(req, stores, (change) =>
        createBudget(change, { ...rest, projectId, subject: forms?.[0] ?? plain }),
      )
      void reply.code(201)
      return shown(made)
    },
  )
  app.patch(
    '/api/v1/budgets/:id',
    {
      config: { scope: 'admin', freeText: { name: 200 } },
      schema: {
        tags: ['control'],
        summary: 'Change the name or the amount of a budget',
        params,
        body: z.strictObject({
          name: z.string().min(1).max(200).optional(),
          amount: amount.optional(),
        }),
        response: { 200: budgetSchema },
      },
    },
    async (req) =>
      shown(await write(req, stores, (change) => changeBudget(change, req.params.id, req.body))),
  )
  app.delete(
    '/api/v1/budgets/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Delete a budget',
        params,
        response: { 204: z.null() },
      },
    },
    async (req, reply) => {
      await write(req, stores, (change) => removeBudget(change, req.params.id))
      void reply.code(204)
      return null
    },
  )
}

const shown = ({ tenant_id: _tenant, ...row }: BudgetRow) => row
