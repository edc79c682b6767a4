// Calls of the `openai` package that several apps share: chat with a tool, a stream with usage, the Responses API, an
// embedding, and a call that is refused.

export async function callAll(openai) {
  const tools = [
    {
      type: 'function',
      function: {
        name: 'weather',
        description: 'Weather of a city',
        parameters: { type: 'object', properties: { city: { type: 'string' } } },
      },
    },
  ]
  const messages = [
    { role: 'system', content: 'You know the weather.' },
    { role: 'user', content: 'How warm is it in Lisbon?' },
  ]
  const first = await openai.chat.completions.create({ model: 'gpt-4o', messages, tools })
  const asked = first.choices[0].message
  await openai.chat.completions.create({
    model: 'gpt-4o',
    tools,
    messages: [
      ...messages,
      asked,
      { role: 'tool', tool_call_id: asked.tool_calls[0].id, content: '{"celsius":21}' },
    ],
  })

  const stream = await openai.chat.completions.create({
    model: 'gpt-4o-mini',
    messages,
    stream: true,
    stream_options: { include_usage: true },
  })
  let chunks = 0
  for await (const _ of stream) chunks++
  if (chunks === 0) throw new Error('the stream was empty')

  await openai.responses.create({ model: 'gpt-4.1', input: 'How warm is it in Lisbon?' })
  await openai.embeddings.create({ model: 'text-embedding-3-small', input: 'a sentence' })

  const model = 'gpt-4o-overloaded'
  await refused(openai.chat.completions.create({ model, messages }))
  await refused(openai.responses.create({ model, input: 'Is anybody there?', stream: true }))
}

async function refused(call) {
  const status = await call.then(
    () => 200,
    (error) => error.status,
  )
  if (status !== 429) throw new Error(`the call should have been refused, not ${status}`)
}
