// Parses the options of commands with Node's own parser, and reads the files that they name. Mistakes become an `ObservaError`
// with a hint.

import { readFile } from 'node:fs/promises'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { nearest } from '../../core/config/nearest.ts'
import { messageOf, ObservaError } from '../../core/errors.ts'

export const CONFIG_OPTIONS = {
  config: { type: 'string', multiple: true, short: 'c' },
  set: { type: 'string', multiple: true },
} as const satisfies ParseArgsOptionsConfig

/** Returns values and positionals. An unknown option is an error that names the command's help. */
export function parse<const O extends ParseArgsOptionsConfig>(
  command: string,
  args: readonly string[],
  options: O,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (thrown) {
    const message = `${messageOf(thrown).split('. To specify')[0]}.`
    const unknown = /^Unknown option '--([\w-]+)'/.exec(message)?.[1]
    const near = unknown === undefined ? null : nearest(unknown, Object.keys(options))
    const hint = near === null ? '' : `Did you mean --${near}? `
    throw misuse(message, `${hint}See: observa ${command} --help`)
  }
}

/** The values of a command that has options only. Any other argument is an error, so that a forgotten option does not go unnoticed. */
export function parseOptions<const O extends ParseArgsOptionsConfig>(
  command: string,
  args: readonly string[],
  options: O,
) {
  const { values, positionals } = parse(command, args, options)
  const [stray] = positionals
  if (stray === undefined) return values
  const isConfig = 'config' in options && /\.ya?ml$/.test(stray)
  const hint = isConfig ? `Did you mean --config ${stray}? ` : ''
  throw misuse(`${command} takes no argument "${stray}".`, `${hint}See: observa ${command} --help`)
}

/** The code of every mistake in arguments; the exit code is then 2. */
export const MISUSE = 'OBS_CLI_ARGS'

function misuse(message: string, hint: string): ObservaError {
  return new ObservaError(MISUSE, message, hint)
}

/** The bytes of a file that an argument names. */
export async function readNamed(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (thrown) {
    throw new ObservaError(
      'OBS_CLI_FILE',
      `cannot read ${file}: ${messageOf(thrown)}.`,
      'Check the path.',
    )
  }
}
