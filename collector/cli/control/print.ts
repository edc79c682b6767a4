// Prints the results of the control plane's commands: a table for people, JSON for programs.

import type { z } from 'zod'
import { ControlError } from '../../../accounts/control-error.ts'
import { visible } from '../../../core/visible-text.ts'
import type { Page } from '../../../storage/queries/page.ts'
import type { Io } from '../io.ts'

/** The cells of one line by column title. */
export type Line = Readonly<Record<string, string>>

export function printRows<Row extends object>(
  io: Io,
  rows: readonly Row[],
  isJson: boolean | undefined,
  line: (row: Row) => Line,
): void {
  if (isJson === true) {
    io.out(`${JSON.stringify(rows.map(shown), null, 2)}\n`)
    return
  }
  const lines = rows.map(line)
  const titles = Object.keys(lines[0] ?? {})
  if (titles.length === 0) {
    io.err('none\n')
    return
  }
  const cells = [titles, ...lines.map((l) => titles.map((title) => visible(l[title] ?? '')))]
  const widths = titles.map((_, i) => Math.max(...cells.map((row) => (row[i] ?? '').length)))
  for (const row of cells)
    io.out(
      `${row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    )
}

/** Prints one row that was made or changed. */
export function printRow<Row extends object>(
  io: Io,
  row: Row,
  isJson: boolean | undefined,
  line: (row: Row) => Line,
): void {
  if (isJson === true) io.out(`${JSON.stringify(shown(row), null, 2)}\n`)
  else printRows(io, [row], false, line)
}

/** Leaves out the columns that only the cursor of a list needs. */
function shown(row: object): object {
  const hidden = new Set(['sort_time', 'sort_id'])
  return Object.fromEntries(Object.entries(row).filter(([name]) => !hidden.has(name)))
}

const PAGE = 1000

/** Reads up to `limit` rows of a paged list. */
export async function allPages<Row>(
  limit: string | undefined,
  page: (wanted: { limit: number; cursor?: string }) => Promise<Page<Row>>,
): Promise<Row[]> {
  const most = Number(limit)
  if (!Number.isInteger(most) || most < 1)
    throw new ControlError('INVALID', '--limit is no whole number of at least 1.')
  const rows: Row[] = []
  for (let cursor: string | null | undefined; cursor !== null && rows.length < most; ) {
    const wanted = { limit: Math.min(PAGE, most - rows.length) }
    const next: Page<Row> = await page(cursor === undefined ? wanted : { ...wanted, cursor })
    rows.push(...next.rows)
    cursor = next.next
  }
  return rows
}

/** Parses a value of the command line. A wrong value is an error that names the option. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, name: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const rule = parsed.error.issues[0]?.message ?? 'not valid'
  throw new ControlError('INVALID', `${name}: ${rule}.`)
}

export const day = (at: Date | null): string =>
  at === null ? '' : at.toISOString().slice(0, 16).replace('T', ' ')

/** Returns a function that prints the actions of a command and returns exit code 2. */
export function usageOf(command: string, actions: string, io: Io): () => number {
  return () => {
    io.err(`observa ${command} ${actions}\nSee: observa ${command} --help\n`)
    return 2
  }
}
