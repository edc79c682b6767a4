// The console at `/`: the one page that serves all its paths, so that deep links work, and the files that the page loads. All
// addresses are relative to the page's `<base>`, which is computed from the path, so that a proxy may add any prefix.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { CONSOLE_HEADERS } from '../../core/http/security-headers.ts'
import { ApiError } from '../app.ts'
import { documentOf } from '../openapi.ts'
import type { Api } from '../typed-fastify.ts'
import type { ConsoleFiles } from './console-files.ts'
import { plainDocs } from './plain-docs.ts'

/** First segments of the console's paths. All other paths belong to the API. */
const PAGES = [
  'account',
  'conversations',
  'costs',
  'topics',
  'docs',
  'issues',
  'operations',
  'sessions',
  'search',
  'set-up',
  'signals',
  'sign-in',
  'traces',
  'try',
  'users',
] as const

/** Those that have a page for each of their things: `/traces/1`. */
const ONES: ReadonlySet<string> = new Set([
  'conversations',
  'issues',
  'sessions',
  'signals',
  'traces',
  'users',
])

/** Paths whose answers are for programs, also where a browser asks. */
const OF_PROGRAMS = /^\/(api|v1|health|metrics|version|assets)(\/|$)/

/** For files whose name contains a hash of their content. */
const FOREVER = 'public, max-age=31536000, immutable'

export function consoleRoutes(app: Api, files: ConsoleFiles): void {
  const options = { config: { scope: 'public' as const }, schema: { hide: true } }
  const page = (req: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (hasView(pathOf(req.url))) return sendPage(req, reply, files, () => documentOf(app))
    if (sendMissingPage(req, reply, files)) return reply
    throw new ApiError(404, 'NOT_FOUND', 'no such page')
  }
  app.get('/', options, page)
  for (const name of PAGES) {
    app.get(`/${name}`, options, page)
    app.get(`/${name}/*`, options, page)
  }
  app.get<{ Params: { readonly '*': string } }>('/assets/*', options, (req, reply) =>
    sendFile(reply, files, `assets/${req.params['*']}`, FOREVER),
  )
  app.get('/icon.svg', options, (_req, reply) => sendFile(reply, files, 'icon.svg', 'no-cache'))
}

/** Whether the console has a view at a path; `users/a%2Fb` is one. Signals are listed among issues. */
function hasView(path: string): boolean {
  const [first = '', ...rest] = path.split('/').filter((part) => part !== '')
  return rest.length === 0 ? first !== 'signals' : rest.length === 1 && ONES.has(first)
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? ''

const wantsPage = (req: FastifyRequest): boolean =>
  req.method === 'GET' && /\btext\/html\b/.test(req.headers.accept ?? '')

/** The console says that there is no such page, where a browser opens one; programs get the answer of the API. */
export function sendMissingPage(
  req: FastifyRequest,
  reply: FastifyReply,
  files: ConsoleFiles,
): boolean {
  if (!wantsPage(req) || files.state === 'missing' || OF_PROGRAMS.test(pathOf(req.url)))
    return false
  void reply.code(404)
  sendPage(req, reply, files, () => ({}))
  return true
}

function sendPage(
  req: FastifyRequest,
  reply: FastifyReply,
  files: ConsoleFiles,
  document: () => object,
): FastifyReply {
  const file = files.find('index.html')
  const toRoot = upwards(req.url)
  if (file === null && files.state === 'missing') {
    if (!/^\/docs(\/|$)/.test(req.url)) return reply.redirect(`${toRoot}docs`)
    return reply.type('text/html; charset=utf-8').send(plainDocs(document(), toRoot))
  }
  void reply.headers({ ...CONSOLE_HEADERS, 'cache-control': 'no-cache' })
  void reply.type('text/html; charset=utf-8')
  if (file === null) return reply.code(503).header('refresh', '1').send(BEING_BUILT)
  const base = `<base href="${toRoot}" />`
  return reply.send(file.bytes.toString().replace(/<base [^>]*>/, base))
}

/** The relative path from the folder of a URL to the root: `./` for `/traces`, `../` for `/traces/1`. */
function upwards(url: string): string {
  const folders = pathOf(url).split('/').length - 2
  return folders < 1 ? './' : '../'.repeat(folders)
}

function sendFile(
  reply: FastifyReply,
  files: ConsoleFiles,
  path: string,
  cacheControl: string,
): FastifyReply {
  const file = files.find(path)
  if (file === null) throw new ApiError(404, 'NOT_FOUND', 'no such file')
  void reply.headers({ 'cache-control': cacheControl }).type(file.type)
  return reply.send(file.bytes)
}

const BEING_BUILT =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Observa</title><p>The console is being built; this page loads again by itself.</p></html>'
