// The definition of a dialect: rows of data (source key or pattern, canonical target, and the transform that reads
// the value), facts by which its spans are recognised, and functions for what no row can express. `targets.ts` has
// the targets, `transform-names.ts` the transforms of all dialects. `tables.ts` refuses anything else.

import { Literal } from '../../../core/arena.ts'
import type { Kind } from '../../../core/kinds.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import type { Target, TargetType } from './targets.ts'
import type { TransformName } from './transform-names.ts'

export interface RowOptions {
  /** Among all rows for the same target the lowest rank is used. The default is 50. See RANK. */
  readonly rank?: number
  /**
   * `own`: the row applies only to spans on which this dialect was detected, because the key is a common word.
   * `genai`: only to spans on which any dialect was detected. Without `when` the row always applies.
   */
  readonly when?: 'own' | 'genai'
  /** For words: only the text before the first space is the word. */
  readonly firstWord?: true
  /** A condition or warning for the documentation. */
  readonly note?: string
}

/**
 * Words of clients (in any case) and their meaning. `*` stands for any other text, and if it is the only word, for
 * any value.
 */
export type Words<Meaning extends string> = Readonly<Record<string, Meaning>>

/**
 * [source key, target, transform, options].
 * Key: exact; `a.{b,c}.d` (each of them); `a.*` (prefix; `*` in the target is what follows); `a.<i>.*` (indexed
 * family).
 * Transform: a name in `transform-names.ts`, one of the dialect's own transforms, or the words of a closed vocabulary
 * with their meaning as a kind or an operation (`*` as a meaning keeps the word).
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

/** Documentation of what is not an attribute: span names, span events, scopes, log records, resources. */
export type Note = readonly [key: string, at: NotePlace, to: string, reading: string]

/**
 * What an attribute of the resource says about every span below it. `own`: the row applies only to spans of this
 * dialect, and the attribute is kept as well.
 */
export type ResourceRow = readonly [
  key: string,
  to: 'environment' | 'service_version' | `metadata.${string}`,
  when?: 'own',
]

/** Functions for what no row can express. Except for `readEvent` they are called only for spans of the dialect. */
export interface Hooks {
  /** True if the span does not represent its own call: a raw copy, a synthetic span. */
  readonly isVirtual?: (span: CurrentSpan) => boolean
  /** Reads the span's name instead of all other readers of names. */
  readonly readName?: (span: CurrentSpan) => void
  /** Reads the span's name when attributes leave something open and the name is in no standard form. */
  readonly readOtherName?: (span: CurrentSpan, name: string) => void
  /** Reads a span event with an unknown name, on any span. Returns true if nothing of it has to be kept. */
  readonly readEvent?: (span: CurrentSpan, firstAttr: number, count: number) => boolean
}

/** `Own` are the names of its own transforms, `keyof typeof transforms`. */
export interface Dialect<Own extends string = never> {
  readonly name: string
  /** Whose convention it is, in a few words. */
  readonly about: string
  /** The source of the facts. */
  readonly source: string
  /** Scope names that name the dialect. `*` at the end makes a prefix. */
  readonly scopes?: readonly string[]
  /**
   * Attribute keys whose presence names the dialect. `.*` at the end makes a prefix, `key=value` requires the value
   * too.
   */
  readonly markers?: readonly string[]
  /** True if markers count before scopes, for frameworks that are mostly seen through another instrumentation. */
  readonly isStrong?: boolean
  /** Values of the resource's `telemetry.sdk.name` that name the dialect. */
  readonly sdks?: readonly string[]
  /**
   * For the dialects of legacy Observa events: the form of message (one event, a whole trace) that names the dialect.
   */
  readonly legacy?: 'event' | 'trace'
  /** True for a general convention, which names the span only if nothing more specific was found. */
  readonly isGeneral?: boolean
  /** Keys that only its successor has. On a span without these it names the span, however many keys the two share. */
  readonly successorKeys?: readonly string[]
  /** True for the convention of GenAI log records that reveal nothing more specific. */
  readonly isOfLogRecords?: boolean
  /** Span names and their kind, for spans whose attributes do not say it. */
  readonly names?: Readonly<Record<string, Kind>>
  /** Names of spans that report the call of another span a second time. `*` at the end makes a prefix. */
  readonly copies?: readonly string[]
  /** Words that it writes instead of a provider, and the provider of its calls when nothing else names one. */
  readonly frameworks?: Readonly<Record<string, string | null>>
  /** Scope names that end with a framework: the prefix, and which endings are frameworks. */
  readonly scopeFrameworks?: { readonly prefix: string; readonly names: readonly string[] }
  readonly resource?: readonly ResourceRow[]
  /** True if input_tokens excludes cached tokens, which are then added. */
  readonly cacheIsExtra?: boolean
  /** True if that holds for counts of Anthropic, which it passes on as they are. */
  readonly passesAnthropicOn?: boolean
  readonly transforms?: Readonly<Record<Own, OwnTransform>>
  readonly rows: readonly Row<Own>[]
  readonly hooks?: Hooks
  readonly notes?: readonly Note[]
}

/** A dialect with any transforms of its own. */
export type AnyDialect = Dialect<string>

/**
 * Writes the value of an attribute to the rule's target. Returns false if the value is not usable, so that the next
 * candidate is tried.
 */
export type Transform = (span: CurrentSpan, attr: number, rule: DialectRule) => boolean

export interface DialectRule {
  readonly index: number
  /** The id by which stored events name the rule (`rule-ids.ts`). */
  readonly id: string
  readonly dialect: number
  readonly key: string
  readonly to: string
  readonly how: string
  readonly transform: Transform
  readonly slot: number
  /** Lower ranks first. Equal ranks are in the order of the tables. */
  readonly rank: number
  readonly when: 'always' | 'own' | 'genai'
  /** The range or number field of the target, or `NO_FIELD`. */
  readonly range: number
  readonly number: number
  /** The text after the dot of `request_params.x`, `usage_details.x`, `metadata.x`. */
  readonly name: string
  /** The length of the key's prefix that `*` in the target leaves out; 0 for none. */
  readonly strip: number
  /** The number of the indexed family, or -1. */
  readonly family: number
  /** `name` as a literal, because it is written again and again. */
  readonly literal: Literal
  /**
   * True for a message body or other large content. A value that lost is a copy and is not kept beside the winner.
   */
  readonly isContent: boolean
}

/** A rule's rank in a table is multiplied by this, so that rules with the same rank keep the order of the tables. */
export const RANK_UNIT = 8192

/**
 * Names for the ranks of content, best first. Other fields use the same scale: direct statements have 20 to 30,
 * `base` is the rank of a row without one, copies and guesses have 60 and more.
 */
export const RANK = {
  /** The dialect's own form, which no other key states better. */
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
  /** The input and output of any operation, which may be messages or not. */
  entity: 70,
  last: 90,
} as const
