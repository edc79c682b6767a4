// Reads a template family from its folder: templates by kind, containers and vocabulary.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Vocabulary } from './personal.ts'
import { SECRET_TYPES, type SecretType } from './types.ts'

export const FAMILIES = ['tune', 'eval'] as const
export type FamilyName = (typeof FAMILIES)[number]

export interface Template {
  /** A secret type, `key` (any self-evident type), `clean:<why>`, `dontcare` or `container`. */
  readonly kind: string
  readonly fields: readonly string[]
  readonly flags: ReadonlySet<string>
  readonly text: string
  /** File and position, for the note in the corpus line. */
  readonly name: string
}

export interface Family {
  readonly name: FamilyName
  readonly vocabulary: Vocabulary
  readonly byType: ReadonlyMap<SecretType, readonly Template[]>
  readonly keyTemplates: readonly Template[]
  readonly clean: ReadonlyMap<string, readonly Template[]>
  readonly dontCare: readonly Template[]
  readonly containers: readonly Template[]
  readonly all: readonly Template[]
}

export function loadFamily(name: FamilyName): Family {
  const folder = join(import.meta.dirname, 'families', name)
  const files = readdirSync(folder).sort()
  const all = files
    .filter((file) => file.endsWith('.tmpl'))
    .flatMap((file) => parseTemplates(readFileSync(join(folder, file), 'utf8'), file))
  const ofKind = (kind: string): Template[] => all.filter((template) => template.kind === kind)
  return {
    name,
    vocabulary: readVocabulary(readFileSync(join(folder, 'words.txt'), 'utf8')),
    byType: new Map(SECRET_TYPES.map((type) => [type, ofKind(type)])),
    keyTemplates: ofKind('key'),
    clean: groupClean(all),
    dontCare: ofKind('dontcare'),
    containers: ofKind('container'),
    all,
  }
}

function groupClean(all: readonly Template[]): Map<string, Template[]> {
  const groups = new Map<string, Template[]>()
  for (const template of all) {
    if (!template.kind.startsWith('clean:')) continue
    const why = template.kind.slice('clean:'.length)
    groups.set(why, [...(groups.get(why) ?? []), template])
  }
  return groups
}

/** A line `@@@ kind ; field, field ; flags` begins a template. Its text ends at the next such line. */
function parseTemplates(source: string, file: string): Template[] {
  const blocks = source.split(/^@@@ /m).slice(1)
  return blocks.map((block, index) => {
    const newline = block.indexOf('\n')
    const [kind = '', fields = '', flags = ''] = block.slice(0, newline).split(';')
    return {
      kind: kind.trim(),
      fields: fields.split(',').map((field) => field.trim()),
      flags: new Set(flags.split(/[\s,]+/).filter((flag) => flag !== '')),
      text: block.slice(newline + 1).replace(/\n+$/, ''),
      name: `${file.replace('.tmpl', '')}#${index + 1}`,
    }
  })
}

/** The vocabulary has one list on each line: `list: a, b, c`. */
function readVocabulary(source: string): Vocabulary {
  const lists = new Map<string, readonly string[]>()
  for (const line of source.split('\n')) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    const items = line.slice(colon + 1).split(',')
    lists.set(line.slice(0, colon).trim(), items.map((item) => item.trim()).filter(Boolean))
  }
  return {
    words: (list) => {
      const found = lists.get(list)
      if (!found) throw new Error(`no such decoy or word list: ${list}`)
      return found
    },
  }
}
