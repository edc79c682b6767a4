// Merges several files and `--set` options into one tree: maps are merged deeply, lists and single values are replaced.

import type { Problems } from './problems.ts'
import { type MapNode, parseTree, type TreeNode } from './tree.ts'

/** Merges `over` into `base`. Each key keeps the position where it was last written. */
export function mergeTrees(base: TreeNode, over: TreeNode): TreeNode {
  if (base.kind !== 'map' || over.kind !== 'map') return over
  const entries = new Map(base.entries)
  for (const [name, entry] of over.entries) {
    const below = entries.get(name)
    const node = below === undefined ? entry.node : mergeTrees(below.node, entry.node)
    entries.set(name, { keyAt: entry.keyAt, node })
  }
  return { kind: 'map', at: base.at, entries }
}

/** Applies `--set path=value` to the tree. The value is YAML; `\.` is a dot inside a name. */
export function applySet(root: TreeNode, option: string, problems: Problems): TreeNode {
  const equals = option.indexOf('=')
  const pathPart = equals < 0 ? option : option.slice(0, equals)
  const at = { file: `--set ${pathPart}`, line: 0, column: 0 }
  const names = pathPart.split(/(?<!\\)\./).map((n) => n.replaceAll('\\.', '.'))
  if (equals < 0 || names.some((n) => n === '')) {
    const expected = '--set a.b=value'
    problems.error('OBS_CONFIG_SET', at, [], 'not an assignment', { expected })
    return root
  }
  const valueText = option.slice(equals + 1)
  const parsed = valueText.trim() === '' ? null : parseTree(valueText, at.file, problems)
  const value = parsed === null ? emptyText(at) : relocated(parsed, at)
  return setAt(root, names, value, at)
}

function emptyText(at: TreeNode['at']): TreeNode {
  return { kind: 'scalar', at, value: '', reference: null, retypable: false, broken: false }
}

/**
 * Gives every node of an option's tree the position of the option itself, because line numbers inside an option mean nothing.
 */
function relocated(node: TreeNode, at: TreeNode['at']): TreeNode {
  switch (node.kind) {
    case 'scalar':
      return { ...node, at }
    case 'list':
      return { ...node, at, items: node.items.map((item) => relocated(item, at)) }
    case 'map': {
      const entries = new Map<string, { keyAt: TreeNode['at']; node: TreeNode }>()
      for (const [name, entry] of node.entries)
        entries.set(name, { keyAt: at, node: relocated(entry.node, at) })
      return { kind: 'map', at, entries }
    }
  }
}

function setAt(
  node: TreeNode,
  names: readonly string[],
  value: TreeNode,
  at: TreeNode['at'],
): TreeNode {
  const [name, ...rest] = names
  if (name === undefined) return value
  if (node.kind === 'list' && /^\d+$/.test(name) && Number(name) < node.items.length) {
    const items = node.items.with(
      Number(name),
      setAt(node.items[Number(name)] as TreeNode, rest, value, at),
    )
    return { ...node, items }
  }
  const map: MapNode = node.kind === 'map' ? node : { kind: 'map', at, entries: new Map() }
  const below = map.entries.get(name)?.node ?? { kind: 'map', at, entries: new Map() }
  const entries = new Map(map.entries)
  entries.set(name, { keyAt: at, node: setAt(below, rest, value, at) })
  return { ...map, entries }
}
