// What a program can check of comments and of the width of lines: documentation comments stand above what they describe,
// names in backticks exist, and lines fit a screen.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Comment, type Node, parseSync } from 'oxc-parser'
import { projectFiles, textOf } from './source-files.ts'
import { lineOf, walk } from './structure/sources.ts'

const LINE_CHARACTERS_MAX = 140

/** Rows of tables stand on one line each, and texts of tests and benches are as long as what they imitate. */
const TABLES =
  /\/dialects\/|\/markers\/|\/detectors?(\/|\.)|phone-plans|\/words\.ts$|\/corpus\/|\/labelled\/|^bench\/|\.test\.ts$/

/** Names in backticks that belong to others: to Node, to browsers, to a provider or to an instrumentation. */
const OF_OTHERS: ReadonlySet<string> = new Set([
  'EventSource',
  'FinishReason',
  'FunctionTool',
  'RateLimit',
  'promptTokensDetails',
  'unhandledRejection',
  // The pattern of the names of migrations.
  'NNNN_name.sql',
])

/** Folders whose comments quote texts of users (secrets, key names, prompts), which are no names of the project. */
const QUOTES =
  /^processors\/scrub\/|^processors\/signals\/injection\/|^tools\/(openapi|new|guides)\/|^api\/openapi\.ts$/

interface Parsed {
  readonly path: string
  readonly text: string
  readonly program: Node
  readonly comments: readonly Comment[]
}

const files: Parsed[] = projectFiles()
  .filter((f) => /\.tsx?$/.test(f) && !f.includes('/testdata/') && !f.includes('.generated.'))
  .map((path) => {
    const text = textOf(path)
    const { program, comments } = parseSync(path, text)
    return { path, text, program: program as unknown as Node, comments }
  })

test('the comments of all sources are found', () => {
  const comments = files.reduce((n, f) => n + f.comments.length, 0)
  assert.ok(files.length > 1000 && comments > 10_000, `${files.length} files, ${comments} comments`)
})

test('a documentation comment stands above what it describes', () => {
  const orphans = files.flatMap(({ path, text, comments }) =>
    comments
      .filter((c) => c.type === 'Block' && c.value.startsWith('*') && isOrphan(text.slice(c.end)))
      .map((c) => `${path}:${lineOf(text, c.start)}`),
  )
  assert.deepEqual(orphans, [])
  for (const rest of ['\n\nconst a = 1', '\n/** Of b. */\nconst b = 1', '\n}', '\n'])
    assert.ok(isOrphan(rest), rest)
  for (const rest of ['\nconst a = 1', '\n  // biome-ignore format: a table\n  const a = 1'])
    assert.ok(!isOrphan(rest), rest)
})

/** Whether what follows a comment is a blank line, another comment, or the end of a block. */
function isOrphan(rest: string): boolean {
  const next = rest.replace(/^\s*\/\/ biome-ignore[^\n]*/, '')
  return /^[ \t]*\n[ \t]*\n/.test(next) || /^\s*(\/\*|\/\/|[})\]]|$)/.test(next)
}

test('every name and file that a comment has in backticks exists', () => {
  const names = new Set(files.flatMap((f) => f.path.split(/[/.]/)))
  for (const f of files)
    for (const word of codeOf(f).match(/[A-Za-z_$][\w$]*/g) ?? []) names.add(word)
  const paths = new Set(projectFiles())
  const bases = new Set([...paths].map((p) => p.split('/').at(-1)))
  const dead: string[] = []
  let seen = 0
  for (const { path, text, comments } of files) {
    if (QUOTES.test(path)) continue
    for (const c of comments)
      for (const [, name = ''] of c.value.matchAll(/`([^`\s]+)`/g)) {
        const isFile = /^[\w./-]+\.(tsx?|sql|md)$/.test(name)
        if (!isFile && !isName(name)) continue
        seen++
        const isThere =
          isFile && !OF_OTHERS.has(name)
            ? paths.has(name) || bases.has(name) || [...paths].some((p) => p.endsWith(`/${name}`))
            : name.match(/[A-Za-z_$][\w$]*/g)?.every((w) => names.has(w) || OF_OTHERS.has(w))
        if (isThere !== true) dead.push(`${path}:${lineOf(text, c.start)}: ${name}`)
      }
  }
  assert.ok(seen > 400, `only ${seen} names were seen`)
  assert.deepEqual(dead, [])
})

/** Whether it is written like a name of code, in camel case or with parentheses. Others are words of users. */
function isName(text: string): boolean {
  return /^#?[A-Za-z][\w.]*(\(\))?$/.test(text) && /[a-z][A-Z]|\(\)$/.test(text)
}

/** The text without comments. */
function codeOf({ text, comments }: Parsed): string {
  const ends = [0, ...comments.map((c) => c.end)]
  return ends.map((from, i) => text.slice(from, comments[i]?.start ?? text.length)).join(' ')
}

test(`a line has at most ${LINE_CHARACTERS_MAX} characters, texts and regular expressions not counted`, () => {
  const seen = files.filter((f) => !TABLES.test(f.path))
  assert.ok(seen.length > 800, `${seen.length} files`)
  const long = seen.flatMap((f) => {
    const rows = withoutTexts(f).split('\n')
    return rows.flatMap((row, i) =>
      row.length > LINE_CHARACTERS_MAX ? [`${f.path}:${i + 1} has ${row.length}`] : [],
    )
  })
  assert.deepEqual(long, [])
})

/** The source without its texts and regular expressions; its lines keep their numbers. */
function withoutTexts({ text, program }: Parsed): string {
  const parts: string[] = []
  let at = 0
  walk(program, (n) => {
    const isText =
      (n.type === 'Literal' && (typeof n.value === 'string' || 'regex' in n)) ||
      n.type === 'TemplateLiteral' ||
      n.type === 'JSXText'
    if (!isText || n.start < at) return undefined
    parts.push(text.slice(at, n.start), text.slice(n.start, n.end).replaceAll(/[^\n]/g, ''))
    at = n.end
    return undefined
  })
  return parts.join('') + text.slice(at)
}
