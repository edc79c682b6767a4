// Counters, gauges and histograms of the process, printed in the Prometheus text format. Kept small on purpose: label
// sets are bounded (further ones are counted under `overflow`), an increment is a map look-up, and workers report
// increments as plain numbers.

import { visible } from './visible-text.ts'

const SERIES_MAX = 2000
/** Help text of a metric that no component declared. */
export const UNDECLARED = 'Not declared.'

export type MetricKind = 'counter' | 'gauge' | 'histogram'

/** A metric as its component declares it: the source of the HELP texts and of `docs/metrics.md`. */
export interface MetricDeclaration {
  readonly name: string
  readonly kind: MetricKind
  /** What the metric counts or shows, for people. The unit is part of the name. */
  readonly help: string
  /** Names of the metric's labels. */
  readonly labels: readonly string[]
  /** For a histogram: upper bounds, ascending. */
  readonly buckets: readonly number[]
}

export function counter(
  name: string,
  help: string,
  labels: readonly string[] = [],
): MetricDeclaration {
  return { name, kind: 'counter', help, labels, buckets: [] }
}

export function gauge(
  name: string,
  help: string,
  labels: readonly string[] = [],
): MetricDeclaration {
  return { name, kind: 'gauge', help, labels, buckets: [] }
}

/** `buckets` are upper bounds, ascending. */
export function histogram(
  name: string,
  help: string,
  buckets: readonly number[],
  labels: readonly string[] = [],
): MetricDeclaration {
  return { name, kind: 'histogram', help, labels, buckets }
}

interface Family {
  readonly declared: MetricDeclaration
  readonly series: Map<string, number>
  readonly histograms: Map<string, { readonly counts: number[]; sum: number; count: number }>
}

/** Labels in Prometheus form without braces, such as `exporter="kafka",reason="timeout"`; '' for none. */
export type Labels = string

export class Metrics {
  readonly #families = new Map<string, Family>()
  readonly #collectors: (() => void)[] = []

  /** Declares metrics. A second declaration of the same name is ignored. */
  declare(all: readonly MetricDeclaration[]): void {
    for (const declared of all)
      if (!this.#families.has(declared.name))
        this.#families.set(declared.name, { declared, series: new Map(), histograms: new Map() })
  }

  /** Registers a function that runs before each render, to set gauges from current state. */
  onCollect(fn: () => void): void {
    this.#collectors.push(fn)
  }

  add(name: string, labels: Labels, by = 1): void {
    const family = this.#family(name, 'counter')
    const at = this.#bounded(family.series, labels)
    family.series.set(at, (family.series.get(at) ?? 0) + by)
  }

  set(name: string, labels: Labels, value: number): void {
    const family = this.#family(name, 'gauge')
    family.series.set(this.#bounded(family.series, labels), value)
  }

  observe(name: string, labels: Labels, value: number): void {
    const family = this.#family(name, 'histogram')
    const at = this.#bounded(family.histograms, labels)
    let h = family.histograms.get(at)
    if (h === undefined) {
      h = { counts: family.declared.buckets.map(() => 0), sum: 0, count: 0 }
      family.histograms.set(at, h)
    }
    h.sum += value
    h.count++
    for (const [i, le] of family.declared.buckets.entries()) {
      if (value <= le) {
        h.counts[i] = (h.counts[i] as number) + 1
        break
      }
    }
  }

  /** The value of a counter or gauge, 0 when it was never set; for tests, health and the ledger. */
  value(name: string, labels: Labels): number {
    return this.#families.get(name)?.series.get(labels) ?? 0
  }

  /** The sum over all label sets of a counter or gauge. */
  total(name: string): number {
    let sum = 0
    for (const v of this.#families.get(name)?.series.values() ?? []) sum += v
    return sum
  }

  /** The values of counters or gauges now, by their labels; empty for a metric that was never set. */
  current(names: readonly string[]): ReadonlyMap<string, ReadonlyMap<Labels, number>> {
    for (const collect of this.#collectors) collect()
    return new Map(names.map((name) => [name, new Map(this.#families.get(name)?.series)]))
  }

  /** All metrics in the Prometheus text exposition format 0.0.4. */
  render(): string {
    for (const collect of this.#collectors) collect()
    const out: string[] = []
    for (const [name, family] of this.#families) {
      const { help, kind, buckets } = family.declared
      out.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`)
      for (const [labels, value] of family.series)
        out.push(labels === '' ? `${name} ${value}` : `${name}{${labels}} ${value}`)
      for (const [labels, h] of family.histograms) {
        const lead = labels === '' ? '' : `${labels},`
        let sum = 0
        for (const [i, le] of buckets.entries()) {
          sum += h.counts[i] as number
          out.push(`${name}_bucket{${lead}le="${le}"} ${sum}`)
        }
        out.push(`${name}_bucket{${lead}le="+Inf"} ${h.count}`)
        const braces = labels === '' ? '' : `{${labels}}`
        out.push(`${name}_sum${braces} ${h.sum}`, `${name}_count${braces} ${h.count}`)
      }
    }
    return `${out.join('\n')}\n`
  }

  #family(name: string, kind: MetricKind): Family {
    let family = this.#families.get(name)
    if (family === undefined) {
      // A metric that was not declared is still counted; the house tests find the missing declaration.
      this.declare([{ name, kind, help: UNDECLARED, labels: [], buckets: [] }])
      family = this.#families.get(name) as Family
    }
    return family
  }

  #bounded(series: ReadonlyMap<string, unknown>, labels: Labels): Labels {
    return series.has(labels) || series.size < SERIES_MAX ? labels : 'overflow="true"'
  }
}

const LABEL_CHARS_MAX = 200

/**
 * Makes a label value of any text: control characters are shown as escapes, the text is cut to 200 characters,
 * backslashes and quotes are escaped.
 */
export function labelValue(text: string): string {
  const shown = visible(text.length > LABEL_CHARS_MAX ? `${text.slice(0, 196)}...` : text)
  const short = shown.length > LABEL_CHARS_MAX ? `${shown.slice(0, 196)}...` : shown
  return short.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
}
