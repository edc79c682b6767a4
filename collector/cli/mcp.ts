// `observa mcp`: the MCP server on standard input and output, over the REST API of a running instance.

import { createInterface } from 'node:readline'
import { type ApiAnswer, McpServer } from '../../api/index.ts'
import { messageOf, ObservaError } from '../../core/errors.ts'
import { parseOptions } from './args.ts'
import type { Io } from './io.ts'
import { packageVersion } from './version.ts'

const TIMEOUT_MS = 30_000

export async function mcpCommand(args: readonly string[], io: Io): Promise<number> {
  const values = parseOptions('mcp', args, { url: { type: 'string' } })
  const url = values.url ?? io.env['OBSERVA_URL'] ?? 'http://127.0.0.1:3000'
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new ObservaError(
      'OBS_CLI_ARGS',
      `"${url}" is no URL of an instance.`,
      'See: observa mcp --help',
    )
  const key = io.env['OBSERVA_API_KEY']
  const server = new McpServer(packageVersion())
  // One message a line; the next is read when the answer is out.
  for await (const line of createInterface({ input: io.stdin })) {
    if (line.trim() === '') continue
    const answer = await server.handleText(line, (path) => read(new URL(path, url), key))
    if (answer !== null) io.out(`${JSON.stringify(answer)}\n`)
  }
  return 0
}

async function read(url: URL, key: string | undefined): Promise<ApiAnswer> {
  const headers: Record<string, string> =
    key === undefined ? {} : { authorization: `Bearer ${key}` }
  try {
    const res = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
    return { status: res.status, body: await res.text() }
  } catch (thrown) {
    const message = `${url.origin} does not answer: ${messageOf(thrown)}`
    return { status: 503, body: JSON.stringify({ error: { message } }) }
  }
}
