// Examples that other scanners publish of what they find and what they ignore. They are fetched on request with the ordinary
// package clients (go, cargo) into an ignored folder and never become part of the project.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const CACHE = new URL('../../../.cache/scrub-others/', import.meta.url).pathname

export interface Example {
  /** Rule or detector that the example belongs to. */
  readonly rule: string
  readonly text: string
  /** The part that must be removed; null when the source says only that there is a secret. */
  readonly secret: string | null
  readonly isSecret: boolean
}

export interface Source {
  readonly name: string
  /** Throws with the reason if the examples cannot be downloaded. */
  fetch(): Example[]
}

export function run(command: string, args: readonly string[], cwd: string, env = {}): string {
  const done = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 300_000,
    maxBuffer: 256 * 1024 * 1024,
  })
  if (done.error !== undefined) throw done.error
  if (done.status !== 0)
    throw new Error(`${command} ${args[0] ?? ''}: ${done.stderr.trim().split('\n').at(-1) ?? ''}`)
  return done.stdout
}

export function folder(name: string): string {
  const path = join(CACHE, name)
  mkdirSync(path, { recursive: true })
  return path
}

/** Folder of a Go module in the module cache. */
export function goModule(module: string): string {
  const at = folder('go')
  writeFileSync(join(at, 'go.mod'), 'module examples\n\ngo 1.22\n')
  const answer = JSON.parse(run('go', ['mod', 'download', '-json', module], at)) as { Dir: string }
  return answer.Dir
}

export const GITLEAKS = 'github.com/zricethezav/gitleaks/v8@v8.30.1'
const TRUFFLEHOG = 'github.com/trufflesecurity/trufflehog/v3@v3.90.0'
const KINGFISHER = 'kingfisher-rules@3.0.1'

/** Replaces the function with which each rule of gitleaks checks its own examples: this one prints them. */
const PRINTER = `package utils

import (
	"encoding/json"
	"os"

	"github.com/zricethezav/gitleaks/v8/config"
)

func dump(r *config.Rule, pos []string, neg []string) *config.Rule {
	_ = json.NewEncoder(os.Stdout).Encode(map[string]any{"rule": r.RuleID, "pos": pos, "neg": neg})
	return r
}

func Validate(rule config.Rule, pos []string, neg []string) *config.Rule {
	return dump(&rule, pos, neg)
}

func ValidateWithPaths(rule config.Rule, pos map[string]string, neg map[string]string) *config.Rule {
	values := func(m map[string]string) []string {
		out := []string{}
		for _, v := range m {
			out = append(out, v)
		}
		return out
	}
	return dump(&rule, values(pos), values(neg))
}
`

const gitleaks: Source = {
  name: 'gitleaks 8.30.1, rule generators',
  fetch() {
    const source = join(folder('gitleaks'), 'source')
    rmSync(source, { recursive: true, force: true })
    cpSync(goModule(GITLEAKS), source, { recursive: true })
    run('chmod', ['-R', 'u+w', source], '/')
    const generator = join(source, 'cmd/generate/config')
    writeFileSync(join(generator, 'utils/validate.go'), PRINTER)
    const out = run('go', ['run', '.', join(folder('gitleaks'), 'rules.toml')], generator)
    return out
      .trim()
      .split('\n')
      .flatMap((line) => {
        const r = JSON.parse(line) as { rule: string; pos: string[] | null; neg: string[] | null }
        const example = (isSecret: boolean) => (text: string) => ({
          rule: r.rule,
          text,
          secret: null,
          isSecret,
        })
        return [...(r.pos ?? []).map(example(true)), ...(r.neg ?? []).map(example(false))]
      })
  },
}

const LITERAL = String.raw`("(?:[^"\\\n]|\\.)*"|${'`'}[^${'`'}]*${'`'})`
const CASE = new RegExp(
  String.raw`input:\s*${LITERAL},\s*want:\s*(?:\[\]string\{([^}]*)\}|nil)`,
  'g',
)

const trufflehog: Source = {
  name: 'trufflehog 3.90.0, tests of detectors',
  fetch() {
    const root = join(goModule(TRUFFLEHOG), 'pkg/detectors')
    const out: Example[] = []
    for (const rule of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (!rule.endsWith('_test.go') || rule.includes('integration')) continue
      for (const m of readFileSync(join(root, rule), 'utf8').matchAll(CASE)) {
        const text = goString(m[1] as string)
        const wanted = [...(m[2] ?? '').matchAll(new RegExp(LITERAL, 'g'))].map((w) =>
          goString(w[1] as string),
        )
        // An expected value that is assembled from several parts does not occur in the text as it is.
        if (wanted.some((w) => !text.includes(w))) continue
        if (wanted.length === 0) out.push({ rule, text, secret: null, isSecret: false })
        for (const secret of wanted) out.push({ rule, text, secret, isSecret: true })
      }
    }
    return out
  },
}

function goString(literal: string): string {
  if (literal.startsWith('`')) return literal.slice(1, -1)
  try {
    return JSON.parse(literal) as string
  } catch {
    // The literal has escapes that only Go knows, so it is used as written.
    return literal.slice(1, -1)
  }
}

interface KingfisherRule {
  readonly id?: string
  readonly examples?: unknown[]
  readonly negative_examples?: unknown[]
}

const kingfisher: Source = {
  name: 'kingfisher-rules 3.0.1, examples of rules',
  fetch() {
    const home = folder('cargo')
    run('cargo', ['info', KINGFISHER], home, { CARGO_HOME: home })
    const cache = join(home, 'registry/cache')
    const crate = readdirSync(cache, { recursive: true, encoding: 'utf8' }).find((f) =>
      f.endsWith('.crate'),
    )
    if (crate === undefined) throw new Error('the crate was not downloaded')
    run('tar', ['xzf', join(cache, crate)], home)
    const rules = join(home, 'kingfisher-rules-3.0.1/generated/rules')
    const out: Example[] = []
    for (const file of readdirSync(rules)) {
      const { rules: list = [] } = parse(readFileSync(join(rules, file), 'utf8')) as {
        rules?: KingfisherRule[]
      }
      for (const r of list) {
        const rule = r.id ?? file
        for (const t of r.examples ?? [])
          out.push({ rule, text: String(t), secret: null, isSecret: true })
        for (const t of r.negative_examples ?? [])
          out.push({ rule, text: String(t), secret: null, isSecret: false })
      }
    }
    return out
  },
}

export const SOURCES: readonly Source[] = [gitleaks, trufflehog, kingfisher]

/** Scanners whose packages contain no examples. */
export const WITHOUT_EXAMPLES: readonly string[] = [
  'detect-secrets 1.5.0 (PyPI source archive: no tests)',
  'credsweeper 1.19.5 (PyPI source archive: no samples)',
  'secretlint rules 12.3.1 (npm: no snapshots)',
  'noseyparker (no package of its rules)',
]
