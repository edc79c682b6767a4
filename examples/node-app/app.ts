// A typical app: a model answers a user's question. The user has written more than the model needs to know.

import { trace } from '@opentelemetry/api'
import { OpenAI } from 'openai'

const client = new OpenAI()
const tracer = trace.getTracer('example-node-app')

// Looks like a real token but is not one. Assembled here, so that secret scanners do not report this repository.
const pastedToken = `ghp_${'x7Kq2LmN9pRs4TuV'.repeat(3).slice(0, 36)}`

const questions = [
  'How do I reset my password? I am jane.doe@acme-corp.com.',
  `My deployment fails with the token ${pastedToken}, why?`,
]

for (const question of questions)
  await tracer.startActiveSpan('answer a question', async (span) => {
    span.setAttributes({ 'user.id': 'user-17', 'session.id': 'session-4' })
    const completion = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [
        { role: 'system', content: 'You answer questions about our product in one sentence.' },
        { role: 'user', content: question },
      ],
    })
    process.stdout.write(`model: ${completion.choices[0]?.message.content}\n`)
    span.end()
  })
