// What follows from a kind and from an operation, in one look-up each.

import { Literal } from '../../../core/arena.ts'
import { AGGREGATE_OPERATIONS, OPERATION_OF_KIND } from './words.ts'

export interface KindFacts {
  readonly literal: Literal
  /** The operation of such spans if nothing states it, or ''. */
  readonly operation: string
  /** True if usage on it is that of the calls which run inside it. */
  readonly isContainer: boolean
  /** True for a call of a model, whether or not its usage is known. */
  readonly isCall: boolean
}

const CALLS: readonly string[] = ['llm', 'embedding', 'rerank']
/** Spans of no known kind. What reports usage among them may be a call. */
const UNKNOWN = 'span'
const kinds = new Map<string, KindFacts>()

/** The facts of a kind. Kinds are a closed set. */
export function factsOfKind(kind: string): KindFacts {
  let known = kinds.get(kind)
  if (known === undefined) {
    known = {
      literal: new Literal(kind),
      operation: OPERATION_OF_KIND[kind] ?? '',
      isContainer: kind !== UNKNOWN && !CALLS.includes(kind),
      isCall: CALLS.includes(kind),
    }
    kinds.set(kind, known)
  }
  return known
}

export interface OperationFacts {
  /** Null for operations that are in no standard, because clients choose them and their number has no bound. */
  readonly literal: Literal | null
  /** True if its usage is the sum of what runs below it. */
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
