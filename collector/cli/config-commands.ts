// `validate`, `schema` and `components`: gives the commands in `config/` the real registry and terminal.

import { readFile, stat } from 'node:fs/promises'
import {
  type CommandIo,
  componentsCommand,
  schemaCommand,
  validateCommand,
} from '../../config/commands.ts'
import { registry } from '../registry.ts'
import type { Io } from './io.ts'

function commandIo(io: Io): CommandIo {
  const { columns } = process.stdout
  return {
    env: io.env,
    readFile: (path) => readFile(path, 'utf8'),
    fileMode: async (path) => (await stat(path)).mode,
    stdout: (text) => io.out(text),
    stderr: (text) => io.err(text),
    registry,
    ...(columns === undefined ? {} : { columns }),
  }
}

export const validate = (args: readonly string[], io: Io): Promise<number> =>
  validateCommand(args, commandIo(io))

export const schema = (args: readonly string[], io: Io): Promise<number> =>
  Promise.resolve(schemaCommand(args, commandIo(io)))

export const components = (args: readonly string[], io: Io): Promise<number> =>
  Promise.resolve(componentsCommand(args, commandIo(io)))
