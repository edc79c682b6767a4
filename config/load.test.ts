// Tests of the configuration loader: what it accepts, and that each mistake is reported with its place.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { DEFAULT_CONFIG } from './defaults.ts'
import { type LoadResult, loadConfig } from './load.ts'
import { testRegistry } from './testing/registry-for-tests.ts'
import { problemLine } from './tree/problems.ts'

const GOOD = `
receivers:
  otlp:
processors: { scrub: {}, canonicalize: {}, cost: {}, signals: {} }
exporters:
  clickhouse: { embedded: true }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse] }
`

interface Given {
  readonly files?: Readonly<Record<string, string>>
  readonly sets?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly order?: readonly string[]
  readonly isOffline?: boolean
}

async function load(yaml: string | null, given: Given = {}): Promise<LoadResult> {
  const files = new Map(
    Object.entries({ ...given.files, ...(yaml === null ? {} : { 'a.yaml': yaml }) }),
  )
  return await loadConfig({
    files: given.order ?? (yaml === null ? [] : ['a.yaml']),
    sets: given.sets ?? [],
    env: given.env ?? {},
    registry: testRegistry,
    isOffline: given.isOffline ?? false,
    readFile: async (path) => {
      const text = files.get(path) ?? files.get(path.slice(path.lastIndexOf('/') + 1))
      if (text === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' })
      return text
    },
  })
}

function lines(result: LoadResult): string[] {
  return [...(result.ok ? [] : result.errors), ...result.warnings].map(problemLine)
}

async function errorsOf(yaml: string, given: Given = {}): Promise<string[]> {
  const result = await load(yaml, given)
  assert.equal(result.ok, false, 'expected errors')
  return result.ok ? [] : result.errors.map(problemLine)
}

test('the default configuration has no errors and no warnings', async () => {
  const result = await load(null)
  assert.deepEqual(lines(result), [])
  assert.ok(result.ok)
  assert.deepEqual([...result.config.service.pipelines.keys()], ['traces', 'logs', 'metrics'])
  assert.equal(result.config.limits.max_body_bytes, 10 * 1024 * 1024)
  assert.equal(result.config.auth, 'none')
  assert.deepEqual(result.config.receivers.get('otlp')?.config, {
    protocols: { grpc: { endpoint: '127.0.0.1:4317' }, http: { endpoint: '127.0.0.1:4318' } },
  })
})

test('a key without a value is a map with all defaults, at any level', async () => {
  for (const written of [
    'otlp:',
    'otlp: { protocols: }',
    'otlp: { protocols: { http: } }',
    'otlp: { protocols: { http: ~ } }',
  ]) {
    const text = `
receivers:
  ${written}
exporters: { clickhouse: { embedded: true } }
service: { pipelines: { traces: { receivers: [otlp], exporters: [clickhouse] } } }
`
    const result = await load(text)
    assert.ok(result.ok, lines(result).join('\n'))
    assert.deepEqual(result.config.receivers.get('otlp')?.config, {
      protocols: { http: { endpoint: '127.0.0.1:4318' } },
    })
  }
})

test('a component without a value has all its defaults', async () => {
  const result = await load(GOOD)
  assert.ok(result.ok, lines(result).join('\n'))
  assert.equal(result.config.receivers.has('otlp'), true)
})

test('all mistakes are reported at once and in order, each with file, line, column and path', async () => {
  const errors = await errorsOf(`receivers:
  otpl: {}
  otlp: { protocols: { htp: {} } }
proccessors: {}
exporters:
  clickhouse: { timeout: soon, batch: lots, embedded: 3, url: nowhere }
limits: { max_body_bytes: lots, max_spans: -1 }
durability: durabel
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub], exporters: [clickhose] }
    trace: { receivers: [], exporters: [] }
`)
  const expected = [
    /^a\.yaml:2:3: OBS_CONFIG_UNKNOWN_COMPONENT: receivers\.otpl: .* Did you mean "otlp"\?$/,
    /^a\.yaml:3:24: OBS_CONFIG_UNKNOWN_KEY: receivers\.otlp\.protocols\.htp: unknown key\. Did you mean "http"\?$/,
    /^a\.yaml:4:1: OBS_CONFIG_UNKNOWN_KEY: proccessors: unknown key\. Did you mean "processors"\?$/,
    /^a\.yaml:6:17: OBS_CONFIG_BAD_VALUE: exporters\.clickhouse\.timeout: expected a duration such as 250ms, 5s or 1h30m, found the text "soon"$/,
    /^a\.yaml:6:32: .*exporters\.clickhouse\.batch: expected a size .*found the text "lots"$/,
    /^a\.yaml:6:45: OBS_CONFIG_WRONG_TYPE: .*embedded: wrong type, expected true or false, found the number 3$/,
    /^a\.yaml:6:58: .*url: expected a URL with http:\/\/ or https:\/\//,
    /^a\.yaml:7:11: .*limits\.max_body_bytes: expected a size such as 64MiB, 10MB or 4096, found the text "lots"$/,
    /^a\.yaml:7:33: .*limits\.max_spans: .*>=1, found the number -1$/,
    /^a\.yaml:8:1: .*durability: not one of the possible values, expected durable, buffered, memory, found the text "durabel"\. Did you mean "durable"\?$/,
    /^a\.yaml:11:47: OBS_CONFIG_UNKNOWN_REFERENCE: .*processors\[0\]: scrub is not configured.*Add "scrub: \{\}" under processors\.$/,
    /^a\.yaml:11:67: OBS_CONFIG_UNKNOWN_REFERENCE: .*Did you mean "clickhouse"\?$/,
    /^a\.yaml:12:5: OBS_CONFIG_PIPELINE: service\.pipelines\.trace: not a pipeline.*Did you mean "traces"\?$/,
    /^a\.yaml:12:14: .*a pipeline needs receivers$/,
    /^a\.yaml:12:29: .*a pipeline needs exporters$/,
  ]
  for (const [i, pattern] of expected.entries()) assert.match(errors[i] ?? '', pattern)
  assert.equal(errors.length, expected.length, errors.join('\n'))
})

test('the error for a missing section or key names it', async () => {
  const errors = await errorsOf('receivers: { otlp: {} }\n')
  assert.match(errors.join('\n'), /OBS_CONFIG_MISSING: service: this key is required/)
  const more = await errorsOf('service: { pipelines: { traces: { receivers: [a] } } }\n')
  assert.match(more.join('\n'), /OBS_CONFIG_MISSING: service\.pipelines\.traces\.exporters/)
})

test('a reference stands for a variable, a default or a file, also inside longer text; $$ is a dollar', async () => {
  const yaml = GOOD.replace(
    '{ embedded: true }',
    `
    url: "http://\${env:HOST}:\${env:PORT:-8123}/a$$b"
    port: \${env:NUMBER}
    embedded: "\${env:FLAG}"
    password: "\${file:pw.txt}"`,
  )
  const env = { HOST: 'db', NUMBER: '42', FLAG: 'true' }
  const result = await load(yaml, { env, files: { 'pw.txt': '12345\n' } })
  assert.ok(result.ok, lines(result).join('\n'))
  const config = result.config.exporters.get('clickhouse')?.config as Record<string, unknown>
  assert.equal((config['url'] as { reveal(): string }).reveal(), 'http://db:8123/a$b')
  assert.equal(config['port'], 42)
  assert.equal(config['embedded'], true)
  assert.equal((config['password'] as { reveal(): string }).reveal(), '12345')
  assert.deepEqual(lines(result), [])
})

test('an unset variable, a missing file and a bare ${NAME} are reported with their place', async () => {
  const errors = await errorsOf(
    GOOD.replace(
      '{ embedded: true }',
      '{ url: "${env:OBSERVA_NOPE}", password: "${file:nope}", timeout: "${HOME}", batch: "${env:X" }',
    ),
    { env: { OBSERVA_NOP: 'value-of-neighbour' } },
  )
  const text = errors.join('\n')
  assert.match(
    text,
    /a\.yaml:6:22: OBS_CONFIG_UNSET_VARIABLE: .*url: .*OBSERVA_NOPE is not set\. Did you mean "OBSERVA_NOP"/,
  )
  assert.match(text, /OBS_CONFIG_FILE_REFERENCE: .*password: cannot read nope: no such file/)
  assert.match(text, /OBS_CONFIG_BAD_REFERENCE: .*timeout: .*Did you mean "\$\{env:HOME\}"/)
  assert.match(text, /OBS_CONFIG_BAD_REFERENCE: .*batch: a \$\{ without its \}/)
  assert.equal(errors.length, 4, text)
  assert.equal(text.includes('value-of-neighbour'), false)
})

test('no error, warning, printed configuration or inspected object shows the value of a reference', async () => {
  const value = ['hunter2', 'hunter2'].join('')
  const env = { S: value }
  const bad = await load(
    GOOD.replace(
      '{ embedded: true }',
      '{ timeout: "${env:S}", batch: "x${env:S}", port: "${env:S}", url: "${env:S}", password: "${env:S}" }',
    ) + 'durability: ${env:S}\n',
    { env },
  )
  assert.equal(bad.ok, false)
  assert.equal(JSON.stringify(bad).includes(value), false, JSON.stringify(bad, null, 1))
  const fallback = '{ password: "x${env:S:-' + value + '}y" }'
  const shown = await load(GOOD.replace('{ embedded: true }', fallback), { env })
  assert.ok(shown.ok)
  assert.match(JSON.stringify(shown.config.printable), /"password":"\$\{env:S:-\*\*\*\}"/)
  const good = await load(
    GOOD.replace('{ embedded: true }', '{ password: "${env:S}", url: "http://u:${env:S}@h" }'),
    { env },
  )
  assert.ok(good.ok)
  const printed =
    inspect(good, { depth: 20, showHidden: true }) + JSON.stringify(good.config.printable)
  assert.equal(printed.includes(value), false)
  assert.match(JSON.stringify(good.config.printable), /\$\{env:S\}/)
})

test('an inline secret is accepted with a warning and printed nowhere', async () => {
  const value = ['hunter2', 'hunter2'].join('')
  const yaml = GOOD.replace(
    '{ embedded: true }',
    `{ password: ${value}, url: 'http://u:${value}@h/x' }`,
  )
  const result = await load(yaml)
  assert.ok(result.ok, lines(result).join('\n'))
  assert.equal(result.warnings.filter((w) => w.code === 'OBS_CONFIG_INLINE_SECRET').length, 2)
  assert.equal(lines(result).join('\n').includes(value), false)
  assert.equal(JSON.stringify(result.config.printable).includes(value), false)
  assert.match(JSON.stringify(result.config.printable), /http:\/\/u:\*\*\*@h\/x/)
})

test('later files win: maps are merged deeply, lists and single values are replaced', async () => {
  const result = await load(null, {
    order: ['a.yaml', 'b.yaml'],
    files: {
      'a.yaml': GOOD,
      'b.yaml':
        'exporters: { clickhouse: { timeout: 9s } }\nprocessors: { scrub: { detectors: [iban] } }\n',
    },
  })
  assert.ok(result.ok, lines(result).join('\n'))
  const config = result.config.exporters.get('clickhouse')?.config as Record<string, unknown>
  assert.equal(config['timeout'], 9000)
  assert.equal(config['embedded'], true)
  assert.deepEqual(result.config.processors.get('scrub')?.config, {
    detectors: ['iban'],
    rules: [],
  })
})

test('--set overrides any value, adds missing keys, and is named in errors', async () => {
  const sets = [
    'exporters.clickhouse.timeout=7s',
    'service.pipelines.traces.processors=[scrub, canonicalize]',
    'service.pipelines.traces.exporters.0=clickhouse',
    'limits.max_spans=5',
  ]
  const result = await load(GOOD, { sets })
  assert.ok(result.ok, lines(result).join('\n'))
  assert.equal(result.config.limits.max_spans, 5)
  assert.deepEqual(result.config.service.pipelines.get('traces')?.processors, [
    'scrub',
    'canonicalize',
  ])
  const value = ['secret', 'value'].join('-')
  const errors = await errorsOf(GOOD, {
    sets: [`exporters.clickhouse.pasword=${value}`, 'limits.max_spans=many', 'nothing', 'a..b=1'],
  })
  const text = errors.join('\n')
  assert.match(
    text,
    /--set exporters\.clickhouse\.pasword: OBS_CONFIG_UNKNOWN_KEY.*Did you mean "password"/,
  )
  assert.match(
    text,
    /--set limits\.max_spans: OBS_CONFIG_WRONG_TYPE: .*expected a whole number|a number/,
  )
  assert.match(text, /--set nothing: OBS_CONFIG_SET: not an assignment/)
  assert.equal(text.includes(value), false)
})

test('the cross checks cover order of processors, telemetry kinds, listeners and unused components', async () => {
  const errors = await errorsOf(`
receivers:
  otlp: {}
  otlp/two: {}
  observa: { endpoint: "0.0.0.0:4318" }
processors: { scrub: {}, canonicalize: {}, cost: {}, signals: {} }
exporters: { postgres: {} }
service:
  pipelines:
    traces: { receivers: [otlp, otlp/two, observa], processors: [cost, canonicalize, scrub, signals], exporters: [postgres] }
    metrics: { receivers: [otlp], exporters: [postgres, postgres] }
`)
  const text = errors.join('\n')
  assert.match(text, /OBS_CONFIG_ENDPOINT: receivers\.observa\.endpoint: 0\.0\.0\.0:4318 and/)
  assert.match(text, /processors\[0\]: cost works on canonical events/)
  assert.match(text, /processors\[2\]: scrub must come before canonicalize/)
  assert.match(
    text,
    /OBS_CONFIG_TELEMETRY: .*postgres does not support metrics, expected traces, logs/,
  )
  assert.match(text, /postgres is listed twice/)
})

test('`auth: keys` needs something that knows keys: a postgres exporter in a pipeline, or the extension', async () => {
  const stores = (exporters: string): string => `
receivers: { otlp: {} }
processors: { scrub: {}, canonicalize: {} }
exporters: { clickhouse: { embedded: true }, postgres: { embedded: true } }
auth: keys
service: { pipelines: { traces: { receivers: [otlp], processors: [scrub, canonicalize], exporters: [${exporters}] } } }
`
  const errors = await errorsOf(stores('clickhouse'))
  assert.match(errors.join('\n'), /OBS_CONFIG_AUTH: auth: .*postgres exporter into a pipeline/)
  const known = await load(stores('clickhouse, postgres'))
  assert.ok(known.ok, lines(known).join('\n'))
})

test('what only a control plane reads is told where there is none: sign-in by OpenID is an error, the rest a warning', async () => {
  const withSections = (exporter: string, sections: string): string => `
receivers: { otlp: {} }
processors: { scrub: {}, canonicalize: {} }
exporters: { clickhouse: { embedded: true }, postgres: { embedded: true } }
extensions: { keys: { keys: [] } }
auth: keys
service: { extensions: [keys], pipelines: { traces: { receivers: [otlp], processors: [scrub, canonicalize], exporters: [${exporter}] } } }
${sections}
`
  const notifications = 'notifications: { external_url: "https://o.example.com" }'
  const oidc = `${notifications}\noidc: { issuer: "https://login.example.com", client_id: o }`
  assert.match(
    (await errorsOf(withSections('clickhouse', oidc))).join('\n'),
    /OBS_CONFIG_MISSING: oidc: without a control plane it does nothing.*postgres exporter/,
  )
  for (const section of [notifications, 'accounts: open', 'bootstrap: { tenant: acme }']) {
    const loaded = await load(withSections('clickhouse', section))
    assert.ok(loaded.ok, lines(loaded).join('\n'))
    const name = section.slice(0, section.indexOf(':'))
    assert.match(lines(loaded).join('\n'), new RegExp(`OBS_CONFIG_UNUSED: ${name}: without`))
    const whole = await load(withSections('clickhouse, postgres', section))
    assert.doesNotMatch(lines(whole).join('\n'), /without a control plane/, section)
  }
  assert.ok((await load(withSections('postgres', oidc))).ok)
  const kafka = (exporters: string): string =>
    withSections(exporters, '').replace(
      'exporters: {',
      'exporters: { kafka: { brokers: ["k:9092"], scores_topic: scores },',
    )
  assert.match(
    lines(await load(kafka('kafka'))).join('\n'),
    /OBS_CONFIG_UNUSED: exporters\.kafka\.scores_topic: without Postgres no scores/,
  )
  for (const whole of ['kafka, postgres', 'clickhouse'])
    assert.doesNotMatch(lines(await load(kafka(whole))).join('\n'), /scores_topic/, whole)
})

test('two receivers of the same type on one address conflict; receivers of different types share it', async () => {
  const with2 = (second: string, id: string): string =>
    GOOD.replace('  otlp:\n', `  otlp: {}\n  ${second}\n`).replace('[otlp]', `[otlp, ${id}]`)
  const clashing = await errorsOf(with2('otlp/b: {}', 'otlp/b'))
  assert.match(
    clashing.join('\n'),
    /OBS_CONFIG_ENDPOINT.*two of a kind listen on 127\.0\.0\.1:4318/,
  )
  const shared = await load(with2("observa: { endpoint: '127.0.0.1:4318' }", 'observa'))
  assert.ok(shared.ok, lines(shared).join('\n'))
})

test('unused components, a missing scrub and an open listener are warnings', async () => {
  const result = await load(`
receivers: { otlp: { protocols: { http: { endpoint: '0.0.0.0:4318' } } }, observa: {} }
processors: { scrub: {} }
exporters: { clickhouse: { embedded: true } }
auth: none
service: { pipelines: { traces: { receivers: [otlp], exporters: [clickhouse] } } }
`)
  assert.ok(result.ok)
  const text = lines(result).join('\n')
  assert.match(text, /OBS_CONFIG_UNUSED: receivers\.observa/)
  assert.match(text, /OBS_CONFIG_UNUSED: processors\.scrub/)
  assert.match(text, /without scrub, secrets/)
  assert.match(text, /without canonicalize no events are made for clickhouse/)
  assert.match(text, /OBS_CONFIG_NO_AUTH: receivers\.otlp/)
})

test('an address other than loopback needs keys, or `auth: none` written out', async () => {
  const open = (endpoint: string, more = ''): string =>
    `${GOOD}${more}`.replace(
      '  otlp:\n',
      `  otlp: { protocols: { http: { endpoint: '${endpoint}' } } }\n`,
    )
  for (const endpoint of ['0.0.0.0:4318', '[::]:4318', '10.0.0.1:4318', 'localhost.lan:4318']) {
    const errors = await errorsOf(open(endpoint))
    assert.match(errors.join('\n'), /^a\.yaml:\d+:\d+: OBS_CONFIG_NO_AUTH: receivers\.otlp/m)
    assert.match(errors.join('\n'), /write `auth: none` if that is meant/)
    const meant = await load(open(endpoint, 'auth: none\n'))
    assert.ok(meant.ok, lines(meant).join('\n'))
    assert.match(lines(meant).join('\n'), /OBS_CONFIG_NO_AUTH/)
    assert.ok((await load(open(endpoint), { sets: ['auth=none'] })).ok, 'written with --set')
  }
  for (const endpoint of ['127.0.0.1:1', '127.8.9.1:1', '[::1]:1', 'localhost:1', 'LOCALHOST:1'])
    assert.ok((await load(open(endpoint))).ok, endpoint)
  const metrics = `${GOOD}telemetry: { metrics: { endpoint: '0.0.0.0:8888' } }\n`
  assert.match((await errorsOf(metrics)).join('\n'), /NO_AUTH: telemetry\.metrics\.endpoint/)
  assert.ok((await load(`${metrics}auth: none\n`)).ok)
  assert.ok((await load(metrics.replace('{ endpoint', '{ enabled: false, endpoint'))).ok)
})

test('a problem of listeners does not stop a command that opens none', async () => {
  const yaml = GOOD.replace(
    '  otlp:\n',
    "  otlp: { protocols: { http: { endpoint: '0.0.0.0:4318' } } }\n",
  )
  assert.match((await errorsOf(yaml)).join('\n'), /OBS_CONFIG_NO_AUTH/)
  const offline = await load(yaml, { isOffline: true })
  assert.ok(offline.ok)
  assert.match(lines(offline).join('\n'), /OBS_CONFIG_NO_AUTH/)
})

test('allowed hosts are names, not URLs', async () => {
  assert.ok(
    (await load(`${GOOD}allowed_hosts: [observa.internal, 'Proxy.:8443', '[fd00::1]']\n`)).ok,
  )
  for (const bad of ['http://observa.internal', '*.internal', 'a b', 'user@host', '']) {
    const errors = await errorsOf(`${GOOD}allowed_hosts: ['${bad}']\n`)
    assert.match(errors.join('\n'), /allowed_hosts\[0\]: .*the name of a host/, bad)
  }
})

test('a link-local target needs allow_link_local beside it', async () => {
  const at = (url: string, more = '') =>
    GOOD.replace('{ embedded: true }', `{ url: '${url}'${more} }`)
  for (const url of [
    'http://169.254.169.254/latest',
    'http://0xA9FEA9FE/',
    'http://[fe80::1]:8123',
    'http://metadata.google.internal',
  ])
    assert.match(
      (await errorsOf(at(url))).join('\n'),
      /OBS_CONFIG_LINK_LOCAL: exporters\.clickhouse\.url/,
      url,
    )
  const allowed = await load(at('http://169.254.169.254/', ', allow_link_local: true'))
  assert.ok(allowed.ok, lines(allowed).join('\n'))
  const self = await errorsOf(`${GOOD}telemetry: { traces: { endpoint: 'http://169.254.1.1' } }`)
  assert.match(self.join('\n'), /OBS_CONFIG_LINK_LOCAL: telemetry\.traces\.endpoint/)
  const referred = await load(at('${env:U}'), { env: { U: 'http://169.254.169.254/' } })
  assert.match(lines(referred).join('\n'), /OBS_CONFIG_LINK_LOCAL/)
})

test('a processor reads its files while the configuration loads, relative to the configuration file', async () => {
  const yaml = GOOD.replace('cost: {}', 'cost: { overrides: prices.yaml }')
  const good = await load(yaml, { files: { 'prices.yaml': 'x: 1' } })
  assert.ok(good.ok, lines(good).join('\n'))
  assert.deepEqual(good.config.processors.get('cost')?.settings, { prices: 'x: 1' })
  assert.match(
    (await errorsOf(yaml)).join('\n'),
    /a\.yaml:4:\d+: OBS_CONFIG_PREPARE: processors\.cost: /,
  )
})

test('tags, second documents, deep nesting, alias bombs and bad syntax are errors', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['x: !!js/function "f"', /OBS_CONFIG_TAG|OBS_CONFIG_SYNTAX/],
    ['x: !custom y', /OBS_CONFIG_TAG/],
    ['x: !!binary aGk=', /OBS_CONFIG_TAG/],
    ['a: 1\n---\nb: 2', /second document/],
    ['', /OBS_CONFIG_EMPTY/],
    ['# nothing\n', /OBS_CONFIG_EMPTY/],
    ['---\n', /OBS_CONFIG_EMPTY/],
    ['a: 1\na: 2', /a\.yaml:2:1: OBS_CONFIG_DUPLICATE_KEY/],
    ['a: [', /OBS_CONFIG_SYNTAX/],
    ['? [a]\n: b', /a key must be a text/],
    ['a: *nowhere', /OBS_CONFIG_SYNTAX/],
    ['a: &a [*a]', /OBS_CONFIG_(TOO_DEEP|TOO_LARGE|SYNTAX)/],
    [`a: ${'['.repeat(200_000)}`, /OBS_CONFIG_(TOO_DEEP|SYNTAX)/],
    [`a: ${'['.repeat(70)}${']'.repeat(70)}`, /OBS_CONFIG_TOO_DEEP/],
    ['a: x'.repeat(300_000), /OBS_CONFIG_TOO_LARGE/],
    ['a: 1\n'.repeat(1000), /DUPLICATE_KEY[^]*OBS_CONFIG_MORE: 801 more are not shown$/],
    [Array.from({ length: 30_000 }, (_, i) => `k${i}: 1`).join('\n'), /OBS_CONFIG_UNKNOWN_KEY/],
    ['- '.repeat(100_000), /OBS_CONFIG_TOO_DEEP/],
    ['- a', /OBS_CONFIG_WRONG_TYPE/],
    ['just text', /OBS_CONFIG_WRONG_TYPE/],
    ['__proto__: { polluted: true }', /OBS_CONFIG_UNKNOWN_KEY: __proto__/],
  ]
  for (const [yaml, pattern] of cases)
    assert.match((await errorsOf(yaml)).join('\n'), pattern, yaml.slice(0, 40))
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('anchors and aliases within the bounds are allowed', async () => {
  const yaml = GOOD.replace(
    '{ embedded: true }',
    '&ch { embedded: true }\n  clickhouse/b: *ch',
  ).replace('[clickhouse]', '[clickhouse, clickhouse/b]')
  const result = await load(yaml)
  assert.ok(result.ok, lines(result).join('\n'))
  assert.equal(result.config.exporters.size, 2)
})

test('for any text, loading ends with a configuration or with errors that have a place', async () => {
  const piece = fc.constantFrom(
    ...DEFAULT_CONFIG.split(/(?<=\n)/),
    '${env:A}',
    '${env:',
    '&a ',
    '*a',
    '[',
    ']',
    '{',
    '}',
    ': ',
    '- ',
    '!!x ',
    '"',
    "'",
    '|\n',
    '\n',
    '  ',
    'null',
    '9',
  )
  const text = fc.oneof(
    fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.tuple(fc.nat(), fc.nat(9), piece).map(([at, n, put]) => {
      const i = at % DEFAULT_CONFIG.length
      return DEFAULT_CONFIG.slice(0, i) + put + DEFAULT_CONFIG.slice(i + n)
    }),
  )
  await fc.assert(
    fc.asyncProperty(text, async (yaml) => {
      const result = await load(yaml, { env: { A: 'x' } })
      if (result.ok) return
      assert.ok(result.errors.length > 0)
      for (const e of result.errors) {
        assert.match(e.code, /^OBS_CONFIG_[A-Z_]+$/)
        assert.ok(e.line >= 1 && e.line <= yaml.split('\n').length + 1, problemLine(e))
      }
    }),
    { numRuns: 400 },
  )
})

test('the error for an unreadable file names it', async () => {
  const result = await load(null, { order: ['nope.yaml'] })
  assert.match(lines(result).join('\n'), /^nope\.yaml: OBS_CONFIG_READ: there is no such file$/)
})

test('a link-local host in a parameter of a Postgres URL is refused like the main host', async () => {
  const withUrl = (url: string): string => `
receivers: { otlp: {} }
processors: { scrub: {}, canonicalize: {} }
exporters: { postgres: { url: '${url}' } }
service: { pipelines: { traces: { receivers: [otlp], processors: [scrub, canonicalize], exporters: [postgres] } } }
`
  for (const host of ['169.254.169.254', '2852039166', '0xA9FEA9FE', 'fd00:ec2::254', 'metadata'])
    for (const name of ['host', 'hostaddr'])
      assert.match(
        (await errorsOf(withUrl(`postgres://db.example/x?sslmode=require&${name}=${host}`))).join(),
        /OBS_CONFIG_LINK_LOCAL/,
        `${name}=${host}`,
      )
  assert.match(
    (await errorsOf(withUrl('postgres://db/x?host=db.example,169.254.1.1'))).join(),
    /LINK_LOCAL/,
  )
  assert.ok((await load(withUrl('postgres://db/x?host=db.example'))).ok)
})

test('a link-local broker in a list of brokers is refused, wherever it stands', async () => {
  for (const brokers of [
    '["a.example:9092,169.254.169.254:9092"]',
    '["a:1", "fe80::1, [fe80::1]:9092"]',
  ])
    assert.match(
      (
        await errorsOf(`
receivers: { otlp: {} }
processors: { scrub: {}, canonicalize: {} }
exporters: { kafka: { brokers: ${brokers} } }
service: { pipelines: { traces: { receivers: [otlp], processors: [scrub, canonicalize], exporters: [kafka] } } }
`)
      ).join(),
      /OBS_CONFIG_LINK_LOCAL/,
      brokers,
    )
})

test('unverified certificates cause a warning in every component', async () => {
  const said = async (exporter: string): Promise<string> => {
    const text = `
receivers: { otlp: {} }
processors: { scrub: {}, canonicalize: {} }
exporters: { ${exporter} }
service: { pipelines: { traces: { receivers: [otlp], processors: [scrub, canonicalize], exporters: [postgres] } } }
`
    return lines(await load(text)).join('\n')
  }
  assert.match(
    await said("postgres: { url: 'postgres://db/x?sslmode=no%2Dverify' }"),
    /OBS_CONFIG_UNVERIFIED_TLS: exporters\.postgres\.url/,
  )
  assert.match(
    await said('postgres: { embedded: true, tls: { insecure_skip_verify: true } }'),
    /OBS_CONFIG_UNVERIFIED_TLS: exporters\.postgres\.tls\.insecure_skip_verify/,
  )
  assert.doesNotMatch(
    await said("postgres: { url: 'postgres://db/x?sslmode=verify-full' }"),
    /UNVERIFIED/,
  )
})

test('a metrics listener that other machines can reach causes a warning, with keys too', async () => {
  const said = async (endpoint: string): Promise<string> =>
    lines(
      await load(`
receivers: { otlp: {} }
processors: { scrub: {}, canonicalize: {} }
exporters: { postgres: { embedded: true } }
extensions: { keys: {} }
telemetry: { metrics: { endpoint: '${endpoint}' } }
service: { extensions: [keys], pipelines: { traces: { receivers: [otlp], processors: [scrub, canonicalize], exporters: [postgres] } } }
`),
    ).join('\n')
  assert.match(
    await said('0.0.0.0:8888'),
    /OBS_CONFIG_NO_AUTH: telemetry\.metrics\.endpoint: \/metrics/,
  )
  assert.doesNotMatch(await said('127.0.0.1:8888'), /metrics/)
})

test('topics named by a judge need a judge, and say so at the start and not by silence', async () => {
  const [error = ''] = await errorsOf(`${GOOD}semantic: { topics: { names: judge } }\n`)
  assert.match(error, /^a\.yaml:10:23: OBS_CONFIG_BAD_VALUE: semantic\.topics\.names: judge needs/)
})
