// The Helm chart, rendered by Helm and checked by kubernetes-validate, which has the schemas of Kubernetes with it (kubeconform would fetch
// them from elsewhere). Both are looked for on the PATH and in .cache/bin:
//     GOBIN=$PWD/.cache/bin go install helm.sh/helm/v3/cmd/helm@v3.22.0
//     python3 -m venv .cache/helm && .cache/helm/bin/pip install kubernetes-validate==1.37.0
//     ln -s ../helm/bin/kubernetes-validate .cache/bin/

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'

const CHART = join(import.meta.dirname, 'helm/observa')
const CACHE = join(import.meta.dirname, '../.cache/bin')

function program(name: string): string | null {
  const places = [CACHE, ...(process.env['PATH'] ?? '').split(delimiter)]
  return places.map((place) => join(place, name)).find((file) => existsSync(file)) ?? null
}

const helm = program('helm')
const skip = helm === null ? 'helm is not installed; the head of this file says how' : false

function run(...args: readonly string[]): { readonly ok: boolean; readonly text: string } {
  const done = spawnSync(helm as string, args, { encoding: 'utf8' })
  return {
    ok: done.status === 0,
    text: done.status === 0 ? done.stdout : done.stderr + done.stdout,
  }
}

/** A Helm that Go installed assumes an old version of Kubernetes. */
const TEMPLATE = ['template', 'observa', CHART, '--kube-version', '1.33.0'] as const

const FORMS = {
  single: [],
  dev: ['--values', join(CHART, 'values-dev.yaml')],
  prod: ['--values', join(CHART, 'values-prod.yaml')],
  managed: [
    '--values',
    join(CHART, 'values-prod.yaml'),
    '--values',
    join(CHART, 'values-managed.yaml'),
  ],
} as const

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec?: Record<string, unknown>
  readonly data?: Readonly<Record<string, string>>
}

function rendered(...args: readonly string[]): Manifest[] {
  const { ok, text } = run(...TEMPLATE, ...args)
  assert.ok(ok, text)
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null)
}

test('the configurations of the chart are those of deploy/', () => {
  for (const name of ['edge.yaml', 'core.yaml', 'observa.server.yaml'])
    assert.equal(
      readFileSync(join(CHART, 'files', name), 'utf8'),
      readFileSync(join(import.meta.dirname, name), 'utf8'),
      `copy deploy/${name} to deploy/helm/observa/files/`,
    )
})

test('the managed values of the chart have the configurations of deploy/managed', () => {
  const values = parse(readFileSync(join(CHART, 'values-managed.yaml'), 'utf8')) as {
    roles: Readonly<Record<string, { readonly config: object }>>
  }
  for (const role of ['edge', 'core']) {
    const file = readFileSync(join(import.meta.dirname, 'managed', `${role}.yaml`), 'utf8')
    assert.deepEqual(values.roles[role]?.config, parse(file), role)
  }
})

test('the version of the chart is that of the program', () => {
  const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as { appVersion: string }
  const own = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')
  assert.equal(chart.appVersion, (JSON.parse(own) as { version: string }).version)
})

test('helm lint finds nothing, in any of the forms', { skip }, () => {
  for (const [form, values] of Object.entries(FORMS)) {
    const { ok, text } = run('lint', '--strict', CHART, ...values)
    assert.ok(ok, `${form}: ${text}`)
  }
})

test('a fleet has edges and cores, with probes, a log each, no root and no secret in a manifest', {
  skip,
}, () => {
  const all = rendered(...FORMS.prod)
  const names = (kind: string): string[] =>
    all.filter((m) => m.kind === kind).map((m) => m.metadata.name)
  for (const kind of [
    'StatefulSet',
    'PodDisruptionBudget',
    'NetworkPolicy',
    'HorizontalPodAutoscaler',
  ])
    assert.deepEqual(names(kind).toSorted(), ['observa-core', 'observa-edge'], kind)
  assert.equal(names('Secret').length, 0)
  for (const set of all.filter((m) => m.kind === 'StatefulSet')) {
    const text = JSON.stringify(set)
    assert.match(text, /"path":"\/health\/ready"/)
    assert.match(text, /"readOnlyRootFilesystem":true/)
    assert.match(text, /"runAsNonRoot":true/)
    assert.match(text, /"secretKeyRef":\{"name":"observa","key":"OBSERVA_PSEUDONYM_KEY"\}/)
    assert.match(text, /"volumeClaimTemplates":\[/)
    assert.doesNotMatch(text, /"value":null/)
    assert.equal(set.spec?.['replicas'], undefined, 'the autoscaler decides')
  }
})

test('every variable of a configuration that has no default is given to the pods', { skip }, () => {
  for (const form of [FORMS.dev, FORMS.prod, FORMS.managed]) {
    const all = rendered(...form)
    for (const set of all.filter((m) => m.kind === 'StatefulSet')) {
      const config = all.find(
        (m) => m.kind === 'ConfigMap' && m.metadata.name === set.metadata.name,
      )
      const texts = Object.values(config?.data ?? {}).join('\n')
      const wanted = [...texts.matchAll(/\$\{env:([A-Z_]+)\}/g)]
      const isMore = Object.hasOwn(config?.data ?? {}, 'more.yaml')
      assert.equal(JSON.stringify(set).includes('/etc/observa/more.yaml'), isMore)
      assert.ok(wanted.length > 4)
      for (const [, name] of wanted)
        assert.ok(JSON.stringify(set).includes(`"name":"${name}"`), `${set.metadata.name}: ${name}`)
    }
  }
})

test('the schema of the values refuses what would not run', { skip }, () => {
  for (const wrong of ['mode=cluster', 'image.digest=latest', 'roles.edge.replicas=0', 'typo=1']) {
    const { ok, text } = run(...TEMPLATE, '--set', wrong)
    assert.equal(ok, false, wrong)
    assert.match(text, /schema/, wrong)
  }
})

const validator = program('kubernetes-validate')

test('every manifest is valid for Kubernetes 1.33, without an unknown field', {
  skip: helm === null || validator === null ? 'helm and kubernetes-validate are needed' : false,
}, (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'observa-helm-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  for (const [form, values] of Object.entries(FORMS)) {
    const file = join(dir, `${form}.yaml`)
    writeFileSync(file, run(...TEMPLATE, ...values).text)
    const args = ['-k', '1.33', '--strict', file]
    const done = spawnSync(validator as string, args, { encoding: 'utf8' })
    assert.equal(done.status, 0, `${form}: ${done.stdout}${done.stderr}`)
    const passed = `${done.stdout}${done.stderr}`.match(/ passed /g) ?? []
    assert.ok(passed.length >= 6, `${form}: ${passed.length} manifests`)
  }
})
