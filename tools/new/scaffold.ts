// Writes the files of something new and the lines that register it, below a root directory: the project itself, or a copy in
// a test.

import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ObservaError } from '../../core/errors.ts'
import { type Edit, KINDS, type Kind } from './kinds.ts'

const TEMPLATES = join(import.meta.dirname, 'templates')
const NAME = /^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/

export interface Made {
  /** Files written or changed, as paths from the root. */
  readonly paths: readonly string[]
  /** The test that fails until the code is written. */
  readonly test: string
  readonly guide: string
}

/** Makes everything; or nothing, when one of the lines cannot be inserted. */
export async function scaffold(root: string, kindName: string, name: string): Promise<Made> {
  const kind = KINDS[kindName]
  if (kind === undefined)
    throw new ObservaError('OBS_NEW_KIND', `there is no kind "${kindName}".`, listOfKinds())
  if (!NAME.test(name))
    throw new ObservaError('OBS_NEW_NAME', `"${name}" is not a lower_snake_case name.`)
  const fill = filler(kindName, name)
  const written = await newFiles(root, kind, fill)
  const changed = await changedFiles(root, kind.edits, fill)
  for (const [path, text] of [...written, ...changed]) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  const paths = [...written.keys(), ...changed.keys()]
  return { paths, test: fill(kind.test), guide: kind.guide }
}

export const listOfKinds = (): string => `Kinds: ${Object.keys(KINDS).join(', ')}.`

type Fill = (text: string) => string

async function newFiles(root: string, kind: Kind, fill: Fill): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const [template, to] of kind.files) {
    const path = fill(to)
    if (existsSync(join(root, path)))
      throw new ObservaError('OBS_NEW_EXISTS', `${path} exists already.`)
    files.set(path, fill(await readFile(join(TEMPLATES, `${template}.txt`), 'utf8')))
  }
  return files
}

async function changedFiles(
  root: string,
  edits: readonly Edit[],
  fill: Fill,
): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const { path, after, text } of edits) {
    const before = files.get(path) ?? (await readFile(join(root, path), 'utf8'))
    const at = after === undefined ? before.search(/^import /m) : endOf(before, after)
    if (at < 0)
      throw new ObservaError(
        'OBS_NEW_PLACE',
        `${path} has no "${after ?? 'import'}".`,
        'Add the line by hand.',
      )
    files.set(path, before.slice(0, at) + fill(text) + before.slice(at))
  }
  return files
}

function endOf(text: string, anchor: string): number {
  const at = text.indexOf(anchor)
  return at < 0 ? -1 : at + anchor.length
}

/** Replaces the names in a template. `new_thing` and `new-thing` are the same name. */
function filler(kind: string, name: string): Fill {
  const type = name.replaceAll('-', '_')
  const camel = type.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  return (text) =>
    text
      .replaceAll('__Name__', camel[0]?.toUpperCase() + camel.slice(1))
      .replaceAll('__name__', camel)
      .replaceAll('__kebab__', type.replaceAll('_', '-'))
      .replaceAll('__section__', `${kind}s`)
      .replaceAll('__type__', type)
}
