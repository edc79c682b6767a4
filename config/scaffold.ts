// Makes the folder of a new component from the templates in `scaffold/` and lists it in the registry.
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
const REGISTRY = 'collector/registry.ts'
const WORKER = 'collector/worker/build-chain.ts'

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
  const changed = await register(root, kind, type)
  return [...files.map(([, path]) => path), ...changed]
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

/** One line in the registry, and one in the worker for what runs there. */
async function register(root: string, kind: Kind, type: string): Promise<string[]> {
  const name = camelCase(type)
  const list = `any<Any${kind[0]?.toUpperCase()}${kind.slice(1)}>([`
  const below = kind === 'receiver' || kind === 'extension' ? `./${kind}s` : `../${kind}s`
  const index = `import { ${name} } from '${below}/${type}/index.ts'`
  await change(join(root, REGISTRY), index, list, `${name}, `)
  if (kind === 'processor') {
    const line = `import { ${name} } from '../../processors/${type}/index.ts'`
    await change(join(root, WORKER), line, /const PROCESSORS = [^[]*\[/, `${name}, `)
  } else if (kind === 'exporter') {
    const line = `import { encoder as ${name} } from '../../exporters/${type}/encode.ts'`
    const entry = `\n  ['${type}', ${name} as AnyEncoder],`
    await change(join(root, WORKER), line, /const ENCODERS = [^[]*\[/, entry)
  } else return [REGISTRY]
  return [REGISTRY, WORKER]
}

/** Adds an import after the last one, and `text` right behind `anchor`. */
async function change(
  path: string,
  line: string,
  anchor: string | RegExp,
  text: string,
): Promise<void> {
  const before = await readFile(path, 'utf8')
  const found = typeof anchor === 'string' ? anchor : (anchor.exec(before)?.[0] ?? '')
  const at = found === '' ? -1 : before.indexOf(found)
  const lastImport = before.lastIndexOf('\nimport ')
  const endOfImports = before.indexOf('\n', before.indexOf(' from ', lastImport))
  if (at < endOfImports || lastImport < 0)
    throw new ObservaError('OBS_NEW_REGISTRY', `${path} has no place for it.`, 'Add it by hand.')
  const cut = at + found.length
  const head = before.slice(0, endOfImports)
  await writeFile(
    path,
    `${head}\n${line}${before.slice(endOfImports, cut)}${text}${before.slice(cut)}`,
  )
}
