// `validate`, `schema` and `components`: the verbs of `config/`, given the real registry and terminal.

import { readFile, stat } from 'node:fs/promises'
import { componentsVerb, schemaVerb, type VerbIo, validateVerb } from '../../config/commands.ts'
import { registry } from '../registry.ts'
import type { Io } from './io.ts'

function verbIo(io: Io): VerbIo {
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
  validateVerb(args, verbIo(io))

export const schema = (args: readonly string[], io: Io): Promise<number> =>
  Promise.resolve(schemaVerb(args, verbIo(io)))

export const components = (args: readonly string[], io: Io): Promise<number> =>
  Promise.resolve(componentsVerb(args, verbIo(io)))
