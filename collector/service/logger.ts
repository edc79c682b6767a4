// The log of the process, by pino: JSON for machines, and readable lines on a terminal. Code never logs payload text.
// Keys that are known to hold secrets are redacted as a second protection.

import { type DestinationStream, type LogFn, type Logger, pino } from 'pino'
import { ObservaError } from '../../core/errors.ts'
import { faultOf } from '../../core/fault.ts'
import { visible, visibleJson } from '../../core/visible-text.ts'
import type { LoggedError } from '../sentry/sentry-item.ts'

export interface LogSettings {
  readonly level: string
  readonly format: 'auto' | 'json' | 'text'
}

const REDACTED = [
  'authorization',
  'headers.authorization',
  'password',
  'url',
  '*.password',
  '*.authorization',
  '*.url',
]

const ERROR = 50

/** `onError` is told of every line of severity error or fatal, before it is written. */
export function makeLogger(
  settings: LogSettings,
  out: NodeJS.WriteStream = process.stderr,
  onError?: (line: LoggedError) => void,
): Logger {
  const isText = settings.format === 'text' || (settings.format === 'auto' && out.isTTY === true)
  return pino(
    {
      level: settings.level,
      redact: { paths: REDACTED, censor: '***' },
      base: null,
      serializers: { err: shownError },
      ...(onError === undefined ? {} : { hooks: { logMethod: told(onError) } }),
    },
    isText ? textStream(out) : { write: (line) => out.write(visibleJson(Buffer.from(line))) },
  )
}

/** A hook of pino that hands a line on before it writes it. Loggers made of this one have it too. */
function told(onError: (line: LoggedError) => void) {
  return function (this: Logger, args: Parameters<LogFn>, method: LogFn, level: number): void {
    if (level >= ERROR) {
      const [first, second]: readonly unknown[] = args
      const text = typeof first === 'string' ? first : second
      const fields = typeof first !== 'object' || first === null ? {} : first
      onError({
        level,
        message: typeof text === 'string' ? text : '',
        fields: { ...this.bindings(), ...(first instanceof Error ? { err: first } : fields) },
      })
    }
    method.apply(this, args)
  }
}

/** Shows the message of our own errors. Other errors show only what cannot quote a payload. */
function shownError(thrown: unknown): object {
  if (thrown instanceof ObservaError) return { message: thrown.line() }
  const { kind, at } = faultOf(thrown, '')
  return { message: kind, at }
}

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info ',
  40: 'WARN ',
  50: 'ERROR',
  60: 'FATAL',
}

function textStream(out: NodeJS.WriteStream): DestinationStream {
  return {
    write(line: string): void {
      const { level, time, msg, err, ...rest } = JSON.parse(line) as {
        level: number
        time: number
        msg?: string
        err?: { message: string; at?: readonly string[] }
      }
      const clock = new Date(time).toISOString().slice(11, 19)
      const fields = Object.entries(rest)
        .map(([k, v]) => ` ${k}=${typeof v === 'string' ? v : JSON.stringify(v)}`)
        .join('')
      const error = err === undefined ? '' : ` (${[err.message, ...(err.at ?? [])].join(' < ')})`
      out.write(`${visible(`${clock} ${LEVELS[level] ?? level} ${msg ?? ''}${error}${fields}`)}\n`)
    },
  }
}
