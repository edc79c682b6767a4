// `observa tap`: a live sample of what a running instance stores, from its REST API, one JSON object a line.

import { messageOf, ObservaError } from '../../core/errors.ts'
import { parseOptions } from './args.ts'
import type { Io } from './io.ts'

const OPTIONS = {
  url: { type: 'string' },
  component: { type: 'string' },
  record: { type: 'string' },
  where: { type: 'string', multiple: true },
  limit: { type: 'string' },
  seconds: { type: 'string' },
  rate: { type: 'string' },
} as const

export async function tapCommand(args: readonly string[], io: Io): Promise<number> {
  const values = parseOptions('tap', args, OPTIONS)
  const base = values.url ?? io.env['OBSERVA_URL'] ?? 'http://127.0.0.1:3000'
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol))
    throw new ObservaError(
      'OBS_CLI_ARGS',
      `"${base}" is no URL of an instance.`,
      'See: observa tap --help',
    )
  const url = new URL('/api/v1/stream', base)
  const given = {
    component: values.component,
    record: values.record,
    limit: values.limit,
    seconds: values.seconds,
    per_second: values.rate,
  }
  for (const [name, value] of Object.entries(given))
    if (value !== undefined) url.searchParams.set(name, value)
  for (const pair of values.where ?? []) {
    const at = pair.indexOf('=')
    if (at < 1)
      throw new ObservaError(
        'OBS_CLI_ARGS',
        `--where ${pair} is no field=value.`,
        'Such as --where kind=llm',
      )
    url.searchParams.set(pair.slice(0, at), pair.slice(at + 1))
  }
  const key = io.env['OBSERVA_API_KEY']
  const res = await fetch(url, {
    headers: {
      accept: 'text/event-stream',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
  }).catch((thrown: unknown) => {
    throw new ObservaError(
      'OBS_CLI_UNREACHABLE',
      `${url.origin} does not answer: ${messageOf(thrown)}`,
      'Does an instance run there?',
    )
  })
  if (!res.ok || res.body === null) {
    io.err(`tap: ${res.status} ${(await res.text()).slice(0, 500)}\n`)
    return 1
  }
  let rest = ''
  for await (const chunk of res.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) print(block, io)
  }
  return 0
}

function print(block: string, io: Io): void {
  const name = /^event: (.*)$/m.exec(block)?.[1]
  const data = /^data: (.*)$/m.exec(block)?.[1]
  if (name === undefined || data === undefined) return
  if (name === 'dropped') io.err(`dropped ${data}\n`)
  else io.out(`{"record":"${name}",${data.slice(1)}\n`)
}
