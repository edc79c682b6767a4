// Parses the options of commands with Node's own parser. Mistakes become an `ObservaError` with a hint.

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
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
    throw new ObservaError(
      'OBS_CLI_ARGS',
      `${messageOf(thrown).split('. To specify')[0]}.`,
      `See: observa ${command} --help`,
    )
  }
}
