// The span kinds of OpenLLMetry, used in its attributes and span names.

import type { Operation } from './operation.ts'

export function traceloopKind(op: Operation): 'tool' | 'agent' | 'workflow' | 'task' {
  if (op.kind === 'tool' || op.kind === 'agent') return op.kind
  return op.kind === 'chain' ? 'workflow' : 'task'
}
