// `npm run example NAME` runs one example from beginning to end. Without a name it lists the examples.

const EXAMPLES: Readonly<Record<string, () => Promise<unknown>>> = {
  'node-app': () => import('./node-app/start.ts'),
  'python-app': () => import('./python-app/start.ts'),
  'agent-with-tools': () => import('./agent-with-tools/start.ts'),
  'redaction-only': () => import('./redaction-only/start.ts'),
  gateway: () => import('./gateway/start.ts'),
  'legacy-sdk-migration': () => import('./legacy-sdk-migration/start.ts'),
}

const start = EXAMPLES[process.argv[2] ?? '']
if (start === undefined) {
  process.stderr.write(`npm run example ${Object.keys(EXAMPLES).join('|')}\n`)
  process.exitCode = 2
} else await start()
