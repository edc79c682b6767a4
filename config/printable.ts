// A configuration in a form that is safe to show: for `config print`, `/diagnostics` and logs. References are not expanded;
// secrets and passwords in URLs are masked.

import { MASK } from '../core/config/config-types.ts'
import { passwordIn, typeOfId } from './configure-components.ts'
import { type Registry, SECTIONS, type Section } from './registry-type.ts'
import { isSecretAt, jsonSchemaOf } from './tree/json-schema.ts'
import type { Path } from './tree/problems.ts'
import type { TreeNode } from './tree/tree.ts'

/** The merged configuration as plain data without any secret value. */
export function printableConfig(root: TreeNode, registry: Registry): unknown {
  return printableNode(root, [], registry)
}

function printableNode(node: TreeNode, path: Path, registry: Registry): unknown {
  switch (node.kind) {
    case 'list':
      return node.items.map((item, i) => printableNode(item, [...path, i], registry))
    case 'map': {
      const out: Record<string, unknown> = {}
      for (const [name, entry] of node.entries) {
        const value = printableNode(entry.node, [...path, name], registry)
        Object.defineProperty(out, name, { value, enumerable: true, configurable: true })
      }
      return out
    }
    case 'scalar':
      if (isSecretPath(path, registry))
        return node.reference === null ? MASK : withoutDefaults(node.reference)
      if (node.reference !== null) return maskedText(node.reference)
      return typeof node.value === 'string' ? maskedText(node.value) : node.value
  }
}

/**
 * Keeps only the names of the references in a value. A default (`${env:PASSWORD:-changeme}`) and the text around a reference
 * may be secret.
 */
function withoutDefaults(reference: string): string {
  const parts = reference.match(/\$\{[^{}]*\}/g) ?? []
  return parts.map((part) => part.replace(/:-.*\}$/s, `:-${MASK}}`)).join('')
}

function maskedText(text: string): string {
  const password = passwordIn(text)
  return password === null || /^\$\{[^{}]*\}$/.test(password)
    ? text
    : text.replace(`:${password}@`, `:${MASK}@`)
}

function isSecretPath(path: Path, registry: Registry): boolean {
  const [section, id, ...rest] = path
  if (!SECTIONS.includes(section as Section) || typeof id !== 'string') return false
  const factory = registry[section as Section].get(typeOfId(id))
  // The options of an unknown component may all be secret.
  return factory === undefined || isSecretAt(jsonSchemaOf(factory.schema), rest)
}
