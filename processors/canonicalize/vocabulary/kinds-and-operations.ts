// What follows from a kind and from an operation, found by one look-up for each.

import { Literal } from '../../../core/arena.ts'
import { AGGREGATE_OPERATIONS, OPERATION_OF_KIND } from './words.ts'

export interface KindFacts {
  readonly literal: Literal
  /** Operation of such spans when nothing says it; '' = none. */
  readonly operation: string
  /** It repeats what runs inside it. */
  readonly isContainer: boolean
  /** A call of a model, whether or not it says what it used. */
  readonly isCall: boolean
}

const CONTAINERS: readonly string[] = ['agent', 'workflow', 'chain']
const CALLS: readonly string[] = ['llm', 'embedding', 'rerank']
const kinds = new Map<string, KindFacts>()

/** Kinds are of a closed set: the tables and the code name all there are. */
export function factsOfKind(kind: string): KindFacts {
  let known = kinds.get(kind)
  if (known === undefined) {
    known = {
      literal: new Literal(kind),
      operation: OPERATION_OF_KIND[kind] ?? '',
      isContainer: CONTAINERS.includes(kind),
      isCall: CALLS.includes(kind),
    }
    kinds.set(kind, known)
  }
  return known
}

export interface OperationFacts {
  /** Null for operations of no standard: clients name them, and their number has no bound. */
  readonly literal: Literal | null
  /** Its usage is the sum of what runs below it. */
  readonly isAggregate: boolean
}

const KNOWN_OPERATIONS = [
  'chat',
  'text_completion',
  'generate_content',
  'embeddings',
  'retrieval',
  'rerank',
  'execute_tool',
  'create_agent',
  'invoke_agent',
  'invoke_workflow',
  'agent_step',
  'chain',
]
const operations = new Map<string, OperationFacts>(
  [...KNOWN_OPERATIONS, ...AGGREGATE_OPERATIONS].map((name) => [
    name,
    {
      literal: KNOWN_OPERATIONS.includes(name) ? new Literal(name) : null,
      isAggregate: AGGREGATE_OPERATIONS.has(name),
    },
  ]),
)
const OTHER: OperationFacts = { literal: null, isAggregate: false }

export function factsOfOperation(operation: string): OperationFacts {
  return operations.get(operation) ?? OTHER
}
