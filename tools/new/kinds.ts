// The kinds of things that `npm run new` can make: for each its files, made from `templates/`, and the lines that register it
// elsewhere. In every text __type__, __kebab__, __name__ and __Name__ stand for new_thing, new-thing, newThing and NewThing.

export interface Edit {
  readonly path: string
  /** The text is inserted right after this. Without it, the text is an import and is inserted before the others. */
  readonly after?: string
  readonly text: string
}

export interface Kind {
  /** Shown in the list of kinds. */
  readonly about: string
  /** Pairs of template and path. */
  readonly files: readonly (readonly [template: string, path: string])[]
  readonly edits: readonly Edit[]
  /** Path of the failing test. */
  readonly test: string
  readonly guide: string
}

const COMPONENTS = 'collector/components.ts'
const EDGE_COMPONENTS = 'collector/edge-components.ts'

const CONTRACTS = 'test/contracts/contracts.test.ts'

/** Files that every component has beside its sources. */
const component = (folder: string, readme = 'component/README.md'): Kind['files'] => [
  [readme, `${folder}/README.md`],
  ['component/good.yaml', `${folder}/testdata/good.yaml`],
  ['component/bad.yaml', `${folder}/testdata/bad.yaml`],
]

const loader = (path: string, name: string): string =>
  `async () => (await ${'import'}('${path}')).${name}`

export const KINDS: Readonly<Record<string, Kind>> = {
  processor: {
    about: 'a step of the chain that changes or drops spans, without I/O',
    files: [
      ['processor/index.ts', 'processors/__type__/index.ts'],
      ['processor/test.ts', 'processors/__type__/__kebab__.test.ts'],
      ...component('processors/__type__', 'processor/README.md'),
    ],
    edits: [
      { path: COMPONENTS, text: "import { __name__ } from '../processors/__type__/index.ts'\n" },
      { path: COMPONENTS, after: 'export const PROCESSORS = [', text: '__name__, ' },
    ],
    test: 'processors/__type__/__kebab__.test.ts',
    guide: 'docs/adding-a-processor.md',
  },
  exporter: {
    about: 'a destination that events are sent to',
    files: [
      ['exporter/index.ts', 'exporters/__type__/index.ts'],
      ['exporter/encode.ts', 'exporters/__type__/encode.ts'],
      ['exporter/test.ts', 'exporters/__type__/__kebab__.test.ts'],
      ...component('exporters/__type__'),
    ],
    edits: [
      {
        path: COMPONENTS,
        after: 'export const EXPORTERS = {',
        text: `\n  __type__: {\n    factory: ${loader('../exporters/__type__/index.ts', '__name__')},\n    encoder: ${loader('../exporters/__type__/encode.ts', 'encoder')},\n  },`,
      },
      {
        path: CONTRACTS,
        after: 'Record<string, unknown> | null>> = {',
        text: '\n  __type__: () => ({}),',
      },
    ],
    test: 'exporters/__type__/__kebab__.test.ts',
    guide: 'docs/adding-an-exporter.md',
  },
  receiver: {
    about: 'a protocol that clients send with',
    files: [
      ['receiver/index.ts', 'collector/receivers/__type__/index.ts'],
      ['receiver/test.ts', 'collector/receivers/__type__/__kebab__.test.ts'],
      ...component('collector/receivers/__type__'),
    ],
    edits: [
      {
        path: EDGE_COMPONENTS,
        after: 'export const RECEIVERS = [',
        text: `\n  ${loader('./receivers/__type__/index.ts', '__name__')},`,
      },
      {
        path: CONTRACTS,
        after: 'const RECEIVERS: Readonly<Record<string, ReceiverCase>> = {',
        text: "\n  __type__: { where: { endpoint: ANY_PORT }, endpoint: ANY_PORT, request: { path: '/__type__', body: '{}', ...json } },",
      },
    ],
    test: 'collector/receivers/__type__/__kebab__.test.ts',
    guide: 'docs/adding-a-receiver-or-extension.md',
  },
  extension: {
    about: 'something beside the pipelines that runs as long as the process',
    files: [
      ['extension/index.ts', 'collector/extensions/__type__/index.ts'],
      ['extension/test.ts', 'collector/extensions/__type__/__kebab__.test.ts'],
      ...component('collector/extensions/__type__'),
    ],
    edits: [
      {
        path: EDGE_COMPONENTS,
        after: 'export const EXTENSIONS = [',
        text: `\n  ${loader('./extensions/__type__/index.ts', '__name__')},`,
      },
    ],
    test: 'collector/extensions/__type__/__kebab__.test.ts',
    guide: 'docs/adding-a-receiver-or-extension.md',
  },
  dialect: {
    about: 'how an SDK names the facts of a call: a table and a recorded sample',
    files: [
      ['dialect/table.ts', 'processors/canonicalize/dialects/__kebab__/table.ts'],
      ['dialect/sample.json', 'processors/canonicalize/dialects/__kebab__/samples/__kebab__.json'],
    ],
    edits: [
      {
        path: 'processors/canonicalize/dialects/all.ts',
        text: "import { __name__ } from './__kebab__/table.ts'\n",
      },
      {
        path: 'processors/canonicalize/dialects/all.ts',
        after: 'export const DIALECTS: readonly AnyDialect[] = [',
        text: '\n  __name__,',
      },
    ],
    test: 'processors/canonicalize/canonicalize.test.ts',
    guide: 'docs/adding-a-dialect.md',
  },
  detector: {
    about: 'a kind of secret or personal data to find and remove',
    files: [['detector/test.ts', 'processors/scrub/detectors/__kebab__.test.ts']],
    edits: [
      {
        path: 'processors/scrub/detectors/business-services.ts',
        after: 'export const BUSINESS_SERVICES: readonly Detector[] = [',
        text: `
  token({
    id: '__type__',
    title: 'What it is, in a few words',
    anchors: ['__kebab__-'],
    shape: body('alnum', 32),
  }),`,
      },
    ],
    test: 'processors/scrub/detectors/__kebab__.test.ts',
    guide: 'docs/adding-a-detector.md',
  },
  rule: {
    about: 'a rule that raises a signal for single events',
    files: [
      ['rule/rule.ts', 'processors/signals/rules/__kebab__.ts'],
      ['rule/test.ts', 'processors/signals/rules/__kebab__.test.ts'],
    ],
    edits: [
      {
        path: 'core/signals/signal.ts',
        after: 'export const SIGNAL_TYPES = [',
        text: "\n  '__type__',",
      },
      {
        path: 'processors/signals/rules/all-rules.ts',
        text: "import { __name__ } from './__kebab__.ts'\n",
      },
      {
        path: 'processors/signals/rules/all-rules.ts',
        after: 'export const RULES: readonly SignalRule[] = [',
        text: '\n  __name__,',
      },
      {
        path: 'processors/signals/README.md',
        after: '| signal | severity | fires when |\n|---|---|---|\n',
        text: '| `__type__` | medium | one sentence |\n',
      },
    ],
    test: 'processors/signals/rules/__kebab__.test.ts',
    guide: 'docs/adding-a-signal-rule.md',
  },
  route: {
    about: 'a route of the REST API',
    files: [
      ['route/route.ts', 'api/routes/__kebab__.ts'],
      ['route/test.ts', 'api/routes/__kebab__.test.ts'],
    ],
    edits: [
      {
        path: 'api/all-routes.ts',
        text: "import { __name__Routes } from './routes/__kebab__.ts'\n",
      },
      {
        path: 'api/all-routes.ts',
        after: 'usageRoutes(app, stores)\n',
        text: '  __name__Routes(app, stores)\n',
      },
      {
        path: 'api/README.md',
        after: '| route | |\n|---|---|\n',
        text: '| `GET /api/v1/__kebab__` | one sentence |\n',
      },
    ],
    test: 'api/routes/__kebab__.test.ts',
    guide: 'docs/adding-an-api-route.md',
  },
}
