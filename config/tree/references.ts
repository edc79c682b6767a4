// Expands `${env:NAME}`, `${env:NAME:-default}`, `${file:path}` and `$$` in the values of a configuration. A value that came
// through a reference is never printed, so it is handed to `Problems.hide`.

import { dirname, resolve } from 'node:path'
import { nearest } from '../../core/config/nearest.ts'
import { codeOf, messageOf } from '../../core/errors.ts'
import type { Path, Problems } from './problems.ts'
import type { ScalarNode, TreeNode } from './tree.ts'

export interface ReferenceSources {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: (path: string) => Promise<string>
  /** Permission bits of a file, on platforms that have them: a file with a secret should be readable by its owner only. */
  readonly fileMode?: (path: string) => Promise<number>
}

const REFERENCE = /\$\$|\$\{([^{}]*)\}|\$\{/g
const FILE_CHARS_MAX = 1024 * 1024

/** The tree with all references replaced by their values. */
export async function expandReferences(
  node: TreeNode,
  path: Path,
  sources: ReferenceSources,
  problems: Problems,
): Promise<TreeNode> {
  switch (node.kind) {
    case 'scalar':
      return await expandScalar(node, path, sources, problems)
    case 'list': {
      const items: TreeNode[] = []
      for (const [i, item] of node.items.entries())
        items.push(await expandReferences(item, [...path, i], sources, problems))
      return { ...node, items }
    }
    case 'map': {
      const entries = new Map<string, { keyAt: TreeNode['at']; node: TreeNode }>()
      for (const [name, entry] of node.entries) {
        const expanded = await expandReferences(entry.node, [...path, name], sources, problems)
        entries.set(name, { keyAt: entry.keyAt, node: expanded })
      }
      return { ...node, entries }
    }
  }
}

async function expandScalar(
  node: ScalarNode,
  path: Path,
  sources: ReferenceSources,
  problems: Problems,
): Promise<ScalarNode> {
  const text = node.value
  if (typeof text !== 'string' || !text.includes('$')) return node
  let out = ''
  let end = 0
  let reference: string | null = null
  let broken = false
  for (const m of text.matchAll(REFERENCE)) {
    out += text.slice(end, m.index)
    end = m.index + m[0].length
    if (m[0] === '$$') {
      out += '$'
      continue
    }
    reference = text
    const value = await valueOf(m[1] ?? null, node, path, sources, problems)
    if (value === null) broken = true
    else out += value
  }
  out += text.slice(end)
  const retypable = reference !== null && /^\$\{[^{}]*\}$/.test(text)
  return { ...node, value: out, reference, retypable, broken: node.broken || broken }
}

/** The value of one reference, given the text between its braces; null after reporting a problem. */
async function valueOf(
  inside: string | null,
  node: ScalarNode,
  path: Path,
  sources: ReferenceSources,
  problems: Problems,
): Promise<string | null> {
  const env = /^env:([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside ?? '')
  if (env !== null) return variable(env[1] ?? '', env[2], node, path, sources, problems)
  const file = /^file:(.+)$/s.exec(inside ?? '')
  if (file !== null) return await fileText(file[1] ?? '', node, path, sources, problems)
  const isName = /^[A-Za-z_][A-Za-z0-9_]*$/.test(inside ?? '')
  problems.error(
    'OBS_CONFIG_BAD_REFERENCE',
    node.at,
    path,
    inside === null ? 'a ${ without its }' : 'a reference that is none of the known kinds',
    {
      expected: '${env:NAME}, ${env:NAME:-default} or ${file:path}',
      suggestion: isName ? `Did you mean "\${env:${inside}}"?` : 'Write $$ for a plain $.',
    },
  )
  return null
}

function variable(
  name: string,
  fallback: string | undefined,
  node: ScalarNode,
  path: Path,
  sources: ReferenceSources,
  problems: Problems,
): string | null {
  const value = sources.env[name]
  if (value !== undefined && (value !== '' || fallback === undefined)) {
    problems.hide(value)
    return value
  }
  if (fallback !== undefined) return fallback
  const near = nearest(name, Object.keys(sources.env))
  const suggestion =
    near === null ? `Set it, or write \${env:${name}:-default}.` : `Did you mean "${near}"?`
  const rule = `the environment variable ${name} is not set`
  problems.error('OBS_CONFIG_UNSET_VARIABLE', node.at, path, rule, { suggestion })
  return null
}

async function fileText(
  name: string,
  node: ScalarNode,
  path: Path,
  sources: ReferenceSources,
  problems: Problems,
): Promise<string | null> {
  const full = resolve(dirname(node.at.file), name)
  try {
    const text = (await sources.readFile(full)).replace(/\r?\n$/, '')
    if (text.length > FILE_CHARS_MAX) throw new Error('it is larger than 1 MiB')
    problems.hide(text)
    const mode = (await sources.fileMode?.(full)) ?? 0
    if ((mode & 0o077) !== 0)
      problems.warning(
        'OBS_CONFIG_FILE_MODE',
        node.at,
        path,
        `${name} can be read by other users of this machine`,
        { suggestion: `chmod 600 ${name}` },
      )
    return text
  } catch (thrown) {
    const rule = `cannot read ${name}: ${reasonOf(thrown)}`
    problems.error('OBS_CONFIG_FILE_REFERENCE', node.at, path, rule)
    return null
  }
}

/** The reason of a failed read, without the path and system call that Node puts around it. */
function reasonOf(thrown: unknown): string {
  const code = codeOf(thrown)
  if (code === 'ENOENT') return 'no such file'
  if (code === 'EACCES') return 'permission denied'
  if (code === 'EISDIR') return 'it is a directory'
  return messageOf(thrown)
}
