// The problems a configuration can have, and their wording: file, line and column, path, broken rule, expected and found, a
// suggestion. The other files of this folder find them. `Problems` masks every value that came from `${env:}` or `${file:}`,
// so that no message contains one.

import { MASK } from '../../core/config/config-types.ts'

export interface Position {
  /** File as given on the command line, or `--set a.b`. */
  readonly file: string
  /** Line number from 1; 0 where there is no line, as for `--set`. */
  readonly line: number
  readonly column: number
}

export type ConfigCode = `OBS_CONFIG_${string}`

/** One mistake of the user. The list of warnings uses the same form. */
export interface ConfigError extends Position {
  readonly code: ConfigCode
  /** Path in the configuration: `processors.scrub.rules[0]`; '' for the whole. */
  readonly path: string
  /** The rule that is broken, as a sentence without the final full stop. */
  readonly rule: string
  readonly expected: string | null
  readonly found: string | null
  /** What the user can do, as a sentence; or null. */
  readonly suggestion: string | null
}

export interface ProblemDetails {
  readonly expected?: string | null
  readonly found?: string | null
  readonly suggestion?: string | null
}

export type Path = readonly (string | number)[]

/** A path as text: `['a', 0, 'b']` becomes `a[0].b`. */
export function pathText(path: Path): string {
  let text = ''
  for (const part of path)
    text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`
  return text
}

/** More problems than this are only counted: nobody would read them all. */
const SHOWN_MAX = 200

/** Collects problems over all steps of a load, so that they can be reported together. */
export class Problems {
  readonly #errors: ConfigError[] = []
  readonly #warnings: ConfigError[] = []
  readonly #hidden = new Set<string>()

  /**
   * Masks this text in all messages, earlier ones included. Short texts and small numbers are not masked, because they would
   * make messages unreadable.
   */
  hide(value: string): void {
    if (value.length >= 4 && !/^(true|false|\d{1,5})$/.test(value)) this.#hidden.add(value)
  }

  error(code: ConfigCode, at: Position, path: Path, rule: string, details?: ProblemDetails): void {
    this.#errors.push(problem(code, at, path, rule, details))
  }

  warning(
    code: ConfigCode,
    at: Position,
    path: Path,
    rule: string,
    details?: ProblemDetails,
  ): void {
    this.#warnings.push(problem(code, at, path, rule, details))
  }

  get hasErrors(): boolean {
    return this.#errors.length > 0
  }

  errors(): ConfigError[] {
    return this.#finished(this.#errors)
  }

  warnings(): ConfigError[] {
    return this.#finished(this.#warnings)
  }

  #finished(list: readonly ConfigError[]): ConfigError[] {
    const masked = list.slice(0, SHOWN_MAX).map((p) => ({
      ...p,
      rule: this.#mask(p.rule),
      found: p.found === null ? null : this.#mask(p.found),
      suggestion: p.suggestion === null ? null : this.#mask(p.suggestion),
    }))
    const files = [...new Set(masked.map((p) => p.file))]
    const rank = (error: ConfigError): number => files.indexOf(error.file)
    const sorted = masked.toSorted(
      (a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column,
    )
    const last = sorted.at(-1)
    const hidden = list.length - sorted.length
    return hidden === 0 || last === undefined
      ? sorted
      : [...sorted, problem('OBS_CONFIG_MORE', last, [], `${hidden} more are not shown`)]
  }

  #mask(text: string): string {
    let masked = text
    for (const value of this.#hidden) masked = masked.replaceAll(value, MASK)
    return masked
  }
}

function problem(
  code: ConfigCode,
  at: Position,
  path: Path,
  rule: string,
  details: ProblemDetails = {},
): ConfigError {
  return {
    code,
    file: at.file,
    line: at.line,
    column: at.column,
    path: pathText(path),
    rule,
    expected: details.expected ?? null,
    found: details.found ?? null,
    suggestion: details.suggestion ?? null,
  }
}

/** A problem on one line: `file:12:5: OBS_CONFIG_X: a.b: rule, expected ..., found ... Did you mean "c"?` */
export function problemLine(error: ConfigError): string {
  const where = error.line > 0 ? `${error.file}:${error.line}:${error.column}` : error.file
  const path = error.path === '' ? '' : `${error.path}: `
  const expected = error.expected === null ? '' : `, expected ${error.expected}`
  const found = error.found === null ? '' : `, found ${error.found}`
  const suggestion = error.suggestion === null ? '' : `. ${error.suggestion}`
  return printable(`${where}: ${error.code}: ${path}${error.rule}${expected}${found}${suggestion}`)
}

/** All problems, one a line, each after the word `error` or `warning`; '' for none. */
export function formatProblems(
  problems: readonly ConfigError[],
  severity: 'error' | 'warning',
): string {
  return problems.map((p) => `${severity.padEnd(7)} ${problemLine(p)}`).join('\n')
}

/** Replaces control characters, so that text from a configuration cannot control the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\uFFFD')
}
