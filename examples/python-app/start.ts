// Runs the example: npm run example python-app [-- DIR for the Python packages]

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { showEvents, showSignals } from '../harness/print-events.ts'
import { inSession, say, withLlm } from '../harness/session.ts'

const here = import.meta.dirname
const packages = process.argv[3] ?? join(here, '../../.cache/example-python')
const bin = join(packages, 'bin')

await withLlm((llm) =>
  inSession(join(here, 'observa.yaml'), {}, async (session) => {
    if (!existsSync(join(bin, 'opentelemetry-instrument'))) {
      say('Installing the packages of requirements.txt, once')
      await session.run('python3', ['-m', 'venv', packages])
      const pip = ['install', '--quiet', '--disable-pip-version-check', '-r']
      await session.run(join(bin, 'pip'), [...pip, join(here, 'requirements.txt')])
    }
    await session.run(
      join(bin, 'opentelemetry-instrument'),
      [join(bin, 'python'), join(here, 'app.py')],
      {
        OTEL_SERVICE_NAME: 'example-python-app',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_SEMCONV_STABILITY_OPT_IN: 'gen_ai_latest_experimental',
        OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'span_only',
        ...llm,
      },
    )
    await session.drained()
    const events = await session.written('event')
    showEvents(events)
    for (const e of events) say(`stored: ${JSON.stringify(e['input_messages'])}`)
    showSignals(await session.written('signal'))
  }),
)
