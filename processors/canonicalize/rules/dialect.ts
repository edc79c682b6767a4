// What a dialect is: rows of data, source key or pattern -> canonical target and the transform that reads its value, facts by which
// its spans are recognised, and the little that no row can say. Targets are in `targets.ts`, the transforms of all dialects in
// `transform-names.ts`; `tables.ts` refuses what is in neither.

import { Literal } from '../../../core/arena.ts'
import type { Kind } from '../../../core/kinds.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import type { Target, TargetType } from './targets.ts'
import type { TransformName } from './transform-names.ts'

export interface RowOptions {
  /** Lower wins among all rows for the same target; 50 unless told. See RANK. */
  readonly rank?: number
  /**
   * `own`: only on spans where this dialect was detected (the key is a common word). `genai`: only where any
   * dialect was detected. Otherwise the row always holds.
   */
  readonly when?: 'own' | 'genai'
  /** Of words: only what stands before the first space is the word. */
  readonly firstWord?: true
  /** For the documentation: a condition or a warning. */
  readonly note?: string
}

/** Word on the wire (case does not matter) -> what it means; `*` is any other text, and alone any value. */
export type Words<Meaning extends string> = Readonly<Record<string, Meaning>>

/**
 * [source key, target, transform, options].
 * Key: exact; `a.{b,c}.d` (each of them); `a.*` (prefix; `*` in the target is what follows); `a.<i>.*` (indexed family).
 * Transform: a name of `transform-names.ts`, one of the dialect's own, or the words of a closed vocabulary: what they
 * mean as a kind, or as an operation (`*` as a meaning keeps the word).
 */
export type Row<Own extends string = never> =
  | readonly [key: string, to: Target, transform?: TransformName | Own, options?: RowOptions]
  | readonly [key: string, to: 'kind', words: Words<Kind>, options?: RowOptions]
  | readonly [key: string, to: 'operation', words: Words<string>, options?: RowOptions]

/** A transform that only one dialect needs, and the type of target that it fills. */
export interface OwnTransform {
  readonly fills: TargetType
  readonly read: Transform
}

export type NotePlace =
  | 'span event'
  | 'log record'
  | 'resource'
  | 'scope name'
  | 'rule'
  | 'inside JSON'
  | 'HTTP header'
  | 'baggage'
  | 'metric'

/** Documentation of what is no attribute: span names, events, scopes, log records, resources. */
export type Note = readonly [key: string, at: NotePlace, to: string, reading: string]

/**
 * What an attribute of the resource says about every span below it. `own`: only on spans of this dialect, and the
 * attribute is kept beside.
 */
export type ResourceRow = readonly [
  key: string,
  to: 'environment' | 'service_version' | `metadata.${string}`,
  when?: 'own',
]

/** What no row can say. Asked on spans of the dialect only, but for `readEvent`. */
export interface Hooks {
  /** The span stands for no call of its own: a raw copy, a synthetic span. */
  readonly isVirtual?: (span: CurrentSpan) => boolean
  /** Reads the span's name in place of all other readers of names. */
  readonly readName?: (span: CurrentSpan) => void
  /** Reads the span's name when its attributes leave something open and it is in no form of the standard. */
  readonly readOtherName?: (span: CurrentSpan, name: string) => void
  /** Reads a span event whose name nobody knows, on any span; true = nothing is left to keep. */
  readonly readEvent?: (span: CurrentSpan, firstAttr: number, count: number) => boolean
}

/** `Own`: the names of its own transforms, `keyof typeof transforms`. */
export interface Dialect<Own extends string = never> {
  readonly name: string
  /** Whose convention it is, in a few words. */
  readonly about: string
  /** Where the facts come from. */
  readonly source: string
  /** Scope names that name the dialect; `*` at the end is a prefix. */
  readonly scopes?: readonly string[]
  /** Attribute keys whose presence names the dialect; `.*` at the end is a prefix, `key=value` asks for the value too. */
  readonly markers?: readonly string[]
  /** Markers count before scopes: for frameworks that are mostly seen through somebody else's instrumentation. */
  readonly isStrong?: boolean
  /** Values of the resource's `telemetry.sdk.name` that name the dialect. */
  readonly sdks?: readonly string[]
  /** For the dialects of legacy Observa events: the form of message (one event, a whole trace) that names the dialect. */
  readonly legacy?: 'event' | 'trace'
  /** A general convention: named as the dialect only when nothing more specific was found. */
  readonly isGeneral?: boolean
  /** Keys that only its successor has: without them it names the span, however many keys the two share. */
  readonly successorKeys?: readonly string[]
  /** The convention of GenAI log records that say nothing more specific. */
  readonly isOfLogRecords?: boolean
  /** Span names -> kind, when no attribute says. */
  readonly names?: Readonly<Record<string, Kind>>
  /** Names of spans that report the call of another span again; `*` at the end is a prefix. */
  readonly copies?: readonly string[]
  /** Words that it writes in place of a provider, and the provider of its calls when nothing else says one. */
  readonly frameworks?: Readonly<Record<string, string | null>>
  /** Scope names that end with a framework: what comes before, and which endings are frameworks. */
  readonly scopeFrameworks?: { readonly prefix: string; readonly names: readonly string[] }
  readonly resource?: readonly ResourceRow[]
  /** input_tokens leaves out cached tokens: add them. */
  readonly cacheIsExtra?: boolean
  readonly transforms?: Readonly<Record<Own, OwnTransform>>
  readonly rows: readonly Row<Own>[]
  readonly hooks?: Hooks
  readonly notes?: readonly Note[]
}

/** A dialect, whatever transforms of its own it has. */
export type AnyDialect = Dialect<string>

/** Puts the value of an attribute where the rule says; false = nothing usable in it, the next candidate may try. */
export type Transform = (span: CurrentSpan, attr: number, rule: Rule) => boolean

export interface Rule {
  readonly index: number
  /** By which stored events name it: `rule-ids.ts`. */
  readonly id: string
  readonly dialect: number
  readonly key: string
  readonly to: string
  readonly how: string
  readonly transform: Transform
  readonly slot: number
  /** Lower first; ties in the order of the tables. */
  readonly rank: number
  readonly when: 'always' | 'own' | 'genai'
  /** Range or number field of the target, `NO_FIELD` when it is none. */
  readonly range: number
  readonly number: number
  /** What follows the dot of `request_params.x`, `usage_details.x`, `metadata.x`. */
  readonly name: string
  /** Length of the key's prefix that `*` in the target leaves out; 0 = none. */
  readonly strip: number
  /** Indexed family: its number, -1 = none. */
  readonly family: number
  /** `name` as a literal: for what is written under it again and again. */
  readonly literal: Literal
  /** A message body or other big content: a value that lost is a copy and is not kept beside the winner. */
  readonly isContent: boolean
}

/** A rule's rank in a table is multiplied by this, so that rules of one rank keep the order of the tables. */
export const RANK_UNIT = 8192

/**
 * Names for the ranks of content, best first (section 2.2 of the specification). Other fields use the same scale: what a
 * key says first-hand stands at 20 to 30, `base` is what a row without a rank has, copies and guesses stand at 60 and more.
 */
export const RANK = {
  /** The dialect's own form, which no other key says better. */
  own: 10,
  /** Structured messages of the standard. */
  structured: 20,
  messageEvents: 30,
  detailsEvent: 32,
  /** Families of indexed keys. */
  indexed: 40,
  base: 50,
  /** Whole bodies of requests and responses. */
  blob: 60,
  /** Input and output of whatever ran, whether messages or not. */
  entity: 70,
  last: 90,
} as const
