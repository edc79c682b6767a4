// Makes the folder of a new component from the templates in `scaffold/` and lists it among the components.
// Used by `new-component.ts`; here so that a test can do it in a copy.

import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ObservaError } from '../core/errors.ts'

export const KINDS = ['receiver', 'processor', 'exporter', 'extension'] as const
export type Kind = (typeof KINDS)[number]

const FOLDERS: Readonly<Record<Kind, string>> = {
  receiver: 'collector/receivers',
  processor: 'processors',
  exporter: 'exporters',
  extension: 'collector/extensions',
}
const TEMPLATES = join(import.meta.dirname, 'scaffold')
const COMPONENTS = 'collector/components.ts'

/** Writes the component below `root` and returns the paths written or changed. */
export async function scaffold(root: string, kind: Kind, type: string): Promise<string[]> {
  if (!/^[a-z][a-z0-9_]*$/.test(type))
    throw new ObservaError('OBS_NEW_NAME', `"${type}" is no lower_snake_case name.`)
  const folder = `${FOLDERS[kind]}/${type}`
  if (existsSync(join(root, folder)))
    throw new ObservaError('OBS_NEW_EXISTS', `${folder} is there already.`)
  const kebab = type.replaceAll('_', '-')
  const files: [template: string, path: string][] = [
    [`${kind}/index.ts.txt`, 'index.ts'],
    [`${kind}/test.ts.txt`, `${kebab}.test.ts`],
    ...(kind === 'exporter' ? ([[`${kind}/encode.ts.txt`, 'encode.ts']] as const) : []),
    ['README.md.txt', 'README.md'],
    ['good.yaml.txt', 'testdata/good.yaml'],
    ['bad.yaml.txt', 'testdata/bad.yaml'],
  ].map(([template, path]) => [template as string, `${folder}/${path}`])
  for (const [template, path] of files) {
    const text = await readFile(join(TEMPLATES, template), 'utf8')
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), filled(text, kind, type))
  }
  await register(root, kind, type)
  return [...files.map(([, path]) => path), COMPONENTS]
}

function filled(template: string, kind: Kind, type: string): string {
  const name = camelCase(type)
  return template
    .replaceAll('__Name__', name[0]?.toUpperCase() + name.slice(1))
    .replaceAll('__name__', name)
    .replaceAll('__section__', `${kind}s`)
    .replaceAll('__type__', type)
}

function camelCase(type: string): string {
  return type.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** One line in the list of components; for a processor also its import, for every thread loads it. */
async function register(root: string, kind: Kind, type: string): Promise<void> {
  const path = join(root, COMPONENTS)
  const name = camelCase(type)
  const before = await readFile(path, 'utf8')
  if (kind === 'processor') {
    const index = `import { ${name} } from '../processors/${type}/index.ts'\n`
    const anchor = before.indexOf('import { attributes }')
    const imported = `${before.slice(0, anchor)}${index}${before.slice(anchor)}`
    await writeFile(path, added(imported, 'export const PROCESSORS = [', `${name}, `))
  } else if (kind === 'exporter') {
    const folder = `../exporters/${type}`
    const factory = loader(`${folder}/index.ts`, name)
    const encoder = loader(`${folder}/encode.ts`, 'encoder')
    const entry = `\n  ${type}: {\n    factory: ${factory},\n    encoder: ${encoder},\n  },`
    await writeFile(path, added(before, 'export const EXPORTERS = {', entry))
  } else {
    const line = `\n  ${loader(`./${kind}s/${type}/index.ts`, name)},`
    await writeFile(path, added(before, `export const ${kind.toUpperCase()}S = [`, line))
  }
}

function loader(path: string, name: string): string {
  return `async () => (await ${'import'}('${path}')).${name}`
}

/** `text` right behind `anchor`. */
function added(before: string, anchor: string, text: string): string {
  const at = before.indexOf(anchor)
  if (at < 0)
    throw new ObservaError('OBS_NEW_LIST', `${COMPONENTS} has no "${anchor}".`, 'Add it by hand.')
  return before.slice(0, at + anchor.length) + text + before.slice(at + anchor.length)
}
