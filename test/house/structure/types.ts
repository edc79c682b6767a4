// Counts where a programmer overrides the type checker: `as`, `any` and `!`. `as const` overrides nothing and is not counted.

import { type Source, walk } from './sources.ts'

export interface TypeMeasure {
  readonly casts: number
  readonly anys: number
  readonly nonNulls: number
}

export function typesOf({ program }: Source): TypeMeasure {
  const found = { casts: 0, anys: 0, nonNulls: 0 }
  walk(program, (n) => {
    if (n.type === 'TSAsExpression' && !isConst(n.typeAnnotation)) found.casts++
    else if (n.type === 'TSAnyKeyword') found.anys++
    else if (n.type === 'TSNonNullExpression') found.nonNulls++
    return undefined
  })
  return found
}

function isConst(type: { readonly type: string }): boolean {
  if (type.type !== 'TSTypeReference') return false
  const name = 'typeName' in type ? type.typeName : null
  return typeof name === 'object' && name !== null && 'name' in name && name.name === 'const'
}
