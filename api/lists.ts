// Adds to every list of the API, besides its own parameters, `fields` to select columns and `format` for CSV and
// NDJSON, which are streamed page by page. Every route whose response has rows and a `next_cursor` is a list.

import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { z } from 'zod'
import { nearest } from '../core/config/nearest.ts'
import { ApiError } from './app.ts'
import { FORMATS } from './openapi.ts'
import type { Api } from './typed-fastify.ts'

type Format = (typeof FORMATS)[number]

/** What a client asked for with `fields` and `format`. */
interface ListOptions {
  /** The fields in the requested order. Null means all. */
  readonly fields: readonly string[] | null
  readonly format: Format
  /** True when `limit` asks for one page. Otherwise an export continues to the end. */
  readonly onePage: boolean
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The names of a row's fields, if the route is a list. */
    rowFields?: readonly string[]
    /** Rows of a page of an export, if the list has pages. */
    exportPage?: number | null
  }
  interface FastifyRequest {
    listOptions: ListOptions | null
  }
}

type Row = Readonly<Record<string, unknown>>
interface Page {
  readonly data: readonly Row[]
  readonly next_cursor: string | null
}
type Handler = (req: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/** A longer export ends with an error, so that nobody takes a part for the whole. */
const EXPORT_ROWS_MAX = 10_000_000
const EXPORT_PAGES = [1000, 500, 200, 100, 50]

export function registerListOptions(app: Api): void {
  app.decorateRequest('listOptions', null)
  app.addHook('onRoute', (route) => {
    const rowFields = rowFieldsOf(route)
    if (rowFields === null) return
    route.config = { ...route.config, rowFields, exportPage: exportPageOf(route) }
    const page = route.handler.bind(app) as Handler
    route.handler = async (req, reply) => await inAskedForm(req, reply, page, rowFields)
  })
  // Runs before validation, because the schemas of the routes do not have these parameters and would refuse them.
  app.addHook('preValidation', async (req) => {
    const { rowFields, exportPage } = req.routeOptions.config
    if (rowFields !== undefined)
      req.listOptions = takeListOptions(req, rowFields, exportPage ?? null)
  })
}

function rowFieldsOf(route: RouteOptions): readonly string[] | null {
  if (route.method !== 'GET') return null
  const answer: unknown = Object(route.schema?.response)[200]
  if (!(answer instanceof z.ZodObject) || answer.shape['next_cursor'] === undefined) return null
  const { data } = answer.shape
  return data instanceof z.ZodArray ? namesOf(data.element) : null
}

/** Rows may be of several kinds: all names of all of them. */
function namesOf(row: unknown): readonly string[] | null {
  if (row instanceof z.ZodObject) return Object.keys(row.shape)
  if (!(row instanceof z.ZodUnion)) return null
  const kinds = row.options.map(namesOf)
  return kinds.includes(null) ? null : [...new Set(kinds.flatMap((names) => names ?? []))]
}

/** The longest page that the list has: null when it has no pages. */
function exportPageOf(route: RouteOptions): number | null {
  const { querystring } = Object(route.schema)
  const limit: unknown = querystring instanceof z.ZodObject ? querystring.shape['limit'] : undefined
  if (!(limit instanceof z.ZodType)) return null
  return EXPORT_PAGES.find((rows) => limit.safeParse(String(rows)).success) ?? null
}

function takeListOptions(
  req: FastifyRequest,
  known: readonly string[],
  exportPage: number | null,
): ListOptions | null {
  const query = queryOf(req)
  const { fields, format } = query
  if (fields === undefined && format === undefined) return null
  delete query['fields']
  delete query['format']
  const onePage = query['limit'] !== undefined
  const options = { fields: fieldsOf(fields, known), format: formatOf(format), onePage }
  if (options.format !== 'json' && !onePage && exportPage !== null)
    query['limit'] = String(exportPage)
  return options
}

const queryOf = (req: FastifyRequest): Record<string, unknown> =>
  req.query as Record<string, unknown>

function fieldsOf(given: unknown, known: readonly string[]): readonly string[] | null {
  if (given === undefined) return null
  const names = typeof given === 'string' ? given.split(',').map((name) => name.trim()) : []
  for (const name of names) {
    if (known.includes(name)) continue
    const near = nearest(name, known)
    throw invalid(`there is no field "${name}"${near === null ? '' : `; did you mean "${near}"?`}`)
  }
  if (names.length === 0) throw invalid('fields is a list of names, separated by commas')
  return [...new Set(names)]
}

function formatOf(given: unknown): Format {
  const found = FORMATS.find((format) => format === (given ?? 'json'))
  if (found === undefined) throw invalid(`format is one of ${FORMATS.join(', ')}`)
  return found
}

const invalid = (message: string): ApiError => new ApiError(400, 'VALIDATION_ERROR', message)

async function inAskedForm(
  req: FastifyRequest,
  reply: FastifyReply,
  page: Handler,
  known: readonly string[],
): Promise<unknown> {
  const answer = await page(req, reply)
  if (req.listOptions === null || !isPageAnswer(answer)) return answer
  const { fields, format } = req.listOptions
  const columns = fields ?? known
  if (format === 'json') {
    void reply.type('application/json; charset=utf-8').serializer(JSON.stringify)
    return { data: answer.data.map((row) => picked(row, columns)), next_cursor: answer.next_cursor }
  }
  if (req.listOptions.onePage && answer.next_cursor !== null)
    void reply.header('x-next-cursor', answer.next_cursor)
  const name = req.routeOptions.url?.split('/').findLast((part) => /^\w+$/.test(part)) ?? 'rows'
  void reply
    .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8')
    .header('content-disposition', `attachment; filename="${name}.${format}"`)
  const rows = allRows(req, reply, page, answer)
  return Readable.from(format === 'csv' ? csvOf(rows, columns) : ndjsonOf(rows, columns))
}

function isPageAnswer(answer: unknown): answer is Page {
  return (
    typeof answer === 'object' && answer !== null && 'data' in answer && 'next_cursor' in answer
  )
}

/** The pages of an export, one after another. The next one is read when the previous one has been sent. */
async function* allRows(
  req: FastifyRequest,
  reply: FastifyReply,
  page: Handler,
  first: Page,
): AsyncGenerator<readonly Row[]> {
  let sent = 0
  for (let now: Page | null = first; now !== null; ) {
    yield now.data
    sent += now.data.length
    if (now.next_cursor === null || req.listOptions?.onePage === true) return
    if (sent >= EXPORT_ROWS_MAX) throw new Error('an export is longer than the bound')
    req.query = { ...queryOf(req), cursor: now.next_cursor }
    const next = await page(req, reply)
    now = isPageAnswer(next) ? next : null
  }
}

async function* ndjsonOf(
  pages: AsyncIterable<readonly Row[]>,
  columns: readonly string[],
): AsyncGenerator<string> {
  for await (const rows of pages)
    yield rows.map((row) => `${JSON.stringify(picked(row, columns))}\n`).join('')
}

async function* csvOf(
  pages: AsyncIterable<readonly Row[]>,
  columns: readonly string[],
): AsyncGenerator<string> {
  yield `${columns.join(',')}\r\n`
  for await (const rows of pages)
    yield rows.map((row) => `${columns.map((c) => cellOf(row[c])).join(',')}\r\n`).join('')
}

function picked(row: Row, columns: readonly string[]): Row {
  return Object.fromEntries(columns.filter((c) => row[c] !== undefined).map((c) => [c, row[c]]))
}

/** What is never seen, and what a spreadsheet takes away before it reads a cell. */
const BEFORE_A_FORMULA = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}"']+/u
/** The characters that begin a formula; the last is a minus of its own. */
const FORMULA = /^[=+\-@\u2212]/
const HEAD_CHARACTERS = 200

/** A spreadsheet would run a text that begins like a formula, also in letters of full width. A leading apostrophe prevents that. */
export function cellOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text =
    typeof value === 'string'
      ? value
      : value instanceof Date
        ? value.toISOString()
        : JSON.stringify(value)
  const safe = isLikeFormula(text) ? `'${text}` : text
  // Where cells end at a semicolon or a tab, a part of a text would be a cell of its own.
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function isLikeFormula(text: string): boolean {
  if (/^[\t\r\n]/.test(text)) return true
  const head = text.replace(BEFORE_A_FORMULA, '').slice(0, HEAD_CHARACTERS)
  return FORMULA.test(head.normalize('NFKC'))
}
