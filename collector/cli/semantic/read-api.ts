// Reads a running instance's REST API for commands, with the key in OBSERVA_API_KEY.

import { messageOf, ObservaError } from '../../../core/errors.ts'
import type { Io } from '../io.ts'

/** The options that select the instance, the time range and the calls. */
export const READ_OPTIONS = {
  url: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  model: { type: 'string' },
  route: { type: 'string' },
  environment: { type: 'string' },
  limit: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** The parsed options of a command. */
export type Given = Readonly<Record<string, string | boolean | undefined>>

/**
 * Resolves with the response; null after a refusal, which is printed. Rejects with an `ObservaError` if no instance responds.
 */
export async function readApi(
  command: string,
  path: string,
  query: Given,
  url: string | undefined,
  io: Io,
): Promise<unknown> {
  const base = url ?? io.env['OBSERVA_URL'] ?? 'http://127.0.0.1:3000'
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol))
    throw new ObservaError(
      'OBS_CLI_ARGS',
      `"${base}" is no URL of an instance.`,
      `See: observa ${command} --help`,
    )
  const address = new URL(`/api/v1/${path}`, base)
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) address.searchParams.set(name, String(value))
  const key = io.env['OBSERVA_API_KEY']
  const res = await fetch(address, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  }).catch((thrown: unknown) => {
    throw new ObservaError(
      'OBS_CLI_UNREACHABLE',
      `${address.origin} does not answer: ${messageOf(thrown)}`,
      'Does an instance run there?',
    )
  })
  if (res.ok) return await res.json()
  io.err(`${command}: ${res.status} ${(await res.text()).slice(0, 500)}\n`)
  return null
}
