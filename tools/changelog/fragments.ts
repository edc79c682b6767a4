// Reads and checks the fragments in `changes/`: one file for each change that users notice. `changelog.ts` puts them
// together.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The kinds of changes in the order in which a section of the changelog lists them. */
export const KINDS = ['added', 'changed', 'deprecated', 'removed', 'fixed', 'security'] as const
export type Kind = (typeof KINDS)[number]

export interface Fragment {
  /** Name of the file. */
  readonly file: string
  readonly kind: Kind
  /** Paragraphs as written, without the first line. */
  readonly text: string
}

export interface Reading {
  readonly fragments: readonly Fragment[]
  /** One sentence for each mistake, with the name of its file. */
  readonly mistakes: readonly string[]
}

export const README = 'README.md'
const NAME = /^[a-z0-9]+(-[a-z0-9]+)*\.md$/

/** All fragments of a folder, by file name. */
export function readFragments(folder: string): Reading {
  const files = readdirSync(folder).filter((file) => file !== README)
  const fragments: Fragment[] = []
  const mistakes: string[] = []
  for (const file of files.toSorted()) {
    const read = parseFragment(file, readFileSync(join(folder, file), 'utf8'))
    if (typeof read === 'string') mistakes.push(`${file}: ${read}`)
    else fragments.push(read)
  }
  return { fragments, mistakes }
}

/** The fragment, or a sentence about what is wrong with it. */
export function parseFragment(file: string, text: string): Fragment | string {
  if (!NAME.test(file)) return 'the name is not place-subject.md in lower case'
  const [first = '', ...rest] = text.split('\n')
  const kind = /^kind: (\S+)$/.exec(first)?.[1]
  if (!KINDS.includes(kind as Kind)) return `the first line is not "kind:" with ${KINDS.join(', ')}`
  const body = rest.join('\n').trim()
  if (body === '') return 'it says nothing'
  if (rest[0] !== '') return 'the second line is not empty'
  if (/^\s*([#*-]|\d+\.)\s/m.test(body))
    return 'it has headings or lists, and becomes one item of a list'
  return { file, kind: kind as Kind, text: body }
}
