// The MCP server over HTTP (streamable HTTP without streams): each message is a POST and gets a JSON response. Its reads use
// the routes of this API with the credential of the request, so it can read exactly what that credential permits.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type ApiAnswer, McpServer } from '../../mcp/mcp-server.ts'
import type { Api } from '../../typed-fastify.ts'

/** Headers that identify the caller and its address. They are passed on to the routes. */
const PASSED_ON = [
  'authorization',
  'x-api-key',
  'cookie',
  'host',
  'origin',
  'sec-fetch-site',
  'x-tenant-id',
  'x-project-id',
] as const

export function mcpRoutes(app: Api, version: string): void {
  const server = new McpServer(version)
  app.post(
    '/mcp',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['mcp'],
        summary:
          'A message of the Model Context Protocol (JSON-RPC 2.0); tools that read, for agents',
        body: z.unknown().describe('A request or a notification.'),
        response: {
          200: z.unknown().describe('The answer to a request.'),
          202: z.null().describe('A notification was taken.'),
        },
      },
    },
    async (req, reply) => {
      const answer = await server.handle(req.body, (path) => read(app, req, path))
      if (answer === null) return await reply.code(202).send(null)
      return answer
    },
  )
}

async function read(app: Api, req: FastifyRequest, path: string): Promise<ApiAnswer> {
  const headers: Record<string, string> = {}
  for (const name of PASSED_ON) {
    const value = req.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  const answer = await app.inject({ method: 'GET', url: path, headers })
  return { status: answer.statusCode, body: answer.body }
}
