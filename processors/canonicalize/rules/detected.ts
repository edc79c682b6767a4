// The dialects that were found on a span, as the rest of the processor uses them. `detection.ts` finds them.

import type { Literal } from '../../../core/arena.ts'
import type { CurrentSpan } from '../span/current-span.ts'

/** The names of a span's dialects. */
export interface DialectNames {
  readonly dialect: Literal | null
  readonly dialects: readonly string[] | null
}

/** A value of an attribute by which a dialect is recognised. */
export interface ValueMarker {
  readonly text: string
  readonly isPrefix: boolean
  readonly dialect: number
}

/** An attribute, counted from the span's first, and the dialects that its value may reveal. */
export interface Valued {
  readonly position: number
  readonly markers: readonly ValueMarker[]
}

export interface DetectedDialects {
  /** True if any GenAI dialect was found. */
  readonly isGenAi: boolean
  /** True if only the general convention was found, and attributes that any span may have. */
  readonly isGeneral: boolean
  /** True if the input count excludes cached tokens. */
  readonly isCacheExtra: boolean
  /** True if it does when the provider is Anthropic. */
  readonly isCacheExtraOfAnthropic: boolean
  /** True if the dialect with that number was found. */
  hasIndex(dialect: number): boolean
  /** The dialect that names the span, or null. */
  primary(): Literal | null
  /** All dialects of the span if there are several specific ones, else null. */
  several(): readonly string[] | null
  /** The kind for a span name, by the dialects that were found. */
  kindOfName(name: string): string | null
  /** True if the span does not represent its own call. */
  isVirtual(span: CurrentSpan): boolean
  /** True if a dialect reads names instead of all other readers, and has done so. */
  readName(span: CurrentSpan): boolean
  readOtherName(span: CurrentSpan, name: string): void
  /** Marks a log record without a dialect as one of the general convention. */
  addLogRecords(): void
}
