// Finds which files assign the fields of shared objects, because state that many files change has no owner. Types are not
// resolved: a variable belongs to a class if it, or the field that holds it, is annotated with the class's name or assigned
// from `new`.

import type { Node } from 'oxc-parser'
import { type Source, walk } from './sources.ts'

export interface WritersMeasure {
  readonly type: string
  readonly path: string
  /** The assigned fields, each with the files that assign it. */
  readonly fields: ReadonlyMap<string, ReadonlySet<string>>
  /** All files that assign any field, including the file of the class. */
  readonly files: ReadonlySet<string>
}

export function writersOf(sources: readonly Source[]): WritersMeasure[] {
  const classes = sources.flatMap((s) => mutableClassesOf(s))
  const byName = Map.groupBy(classes, (c) => c.name)
  const writes = sources.flatMap((s) => writesOf(s))
  return classes
    .filter((c) => byName.get(c.name)?.length === 1)
    .map((c) => {
      const own = writes.filter((w) => w.type === c.name && c.fields.has(w.field))
      const fields = new Map<string, Set<string>>()
      for (const w of own) fields.set(w.field, (fields.get(w.field) ?? new Set()).add(w.path))
      return { type: c.name, path: c.path, fields, files: new Set(own.map((w) => w.path)) }
    })
}

interface MutableClass {
  readonly name: string
  readonly path: string
  readonly fields: ReadonlySet<string>
}

function mutableClassesOf({ path, program }: Source): MutableClass[] {
  const found: MutableClass[] = []
  walk(program, (n) => {
    if (n.type !== 'ClassDeclaration' || n.id === null) return undefined
    const fields = n.body.body.flatMap((m) =>
      m.type === 'PropertyDefinition' && !m.readonly && !m.static && m.key.type === 'Identifier'
        ? [m.key.name]
        : [],
    )
    if (fields.length > 0) found.push({ name: n.id.name, path, fields: new Set(fields) })
    return undefined
  })
  return found
}

interface Write {
  readonly type: string
  readonly field: string
  readonly path: string
}

function writesOf({ path, program }: Source): Write[] {
  const typeOf = new Map<string, string>()
  const writes: Write[] = []
  const learn = (n: Node): void => {
    if (n.type === 'Identifier' && n.typeAnnotation) note(n.name, n.typeAnnotation.typeAnnotation)
    else if (n.type === 'PropertyDefinition') {
      const name = keyOf(n.key)
      if (name === null) return
      if (n.typeAnnotation) note(name, n.typeAnnotation.typeAnnotation)
      else if (n.value?.type === 'NewExpression' && n.value.callee.type === 'Identifier')
        typeOf.set(name, n.value.callee.name)
    } else if (n.type === 'VariableDeclarator' && n.id.type === 'Identifier') {
      if (n.init?.type === 'NewExpression' && n.init.callee.type === 'Identifier')
        typeOf.set(n.id.name, n.init.callee.name)
    }
  }
  const note = (name: string, type: Node): void => {
    if (type.type === 'TSTypeReference' && type.typeName.type === 'Identifier')
      typeOf.set(name, type.typeName.name)
  }
  walk(program, (n) => {
    learn(n)
    return undefined
  })
  walk(program, (n) => {
    const target =
      n.type === 'AssignmentExpression' ? n.left : n.type === 'UpdateExpression' ? n.argument : null
    if (target?.type !== 'MemberExpression' || target.computed) return undefined
    const owner = ownerOf(target.object, typeOf)
    const field = keyOf(target.property)
    if (owner !== null && field !== null) writes.push({ type: owner, field, path })
    return undefined
  })
  return writes
}

/** The class with which `w`, `this.w` or `this.#w` is annotated. */
function ownerOf(object: Node, typeOf: ReadonlyMap<string, string>): string | null {
  if (object.type === 'Identifier') return typeOf.get(object.name) ?? null
  if (object.type === 'MemberExpression' && object.object.type === 'ThisExpression')
    return typeOf.get(keyOf(object.property) ?? '') ?? null
  return null
}

function keyOf(key: Node): string | null {
  if (key.type === 'Identifier') return key.name
  return key.type === 'PrivateIdentifier' ? `#${key.name}` : null
}
