// Reads server-sent events of the API with `fetch`, because an `EventSource` cannot send an API key. A stream that ends is opened again.

import { apiAddress, credentialHeaders, type Parameters } from './client.ts'

const AGAIN_MS = 2000
/** The longest record. Records of the API have at most some hundred kB, so a longer one does not come from it. */
const FRAME_MAX = 8 * 1024 * 1024

export type StreamRecord = Readonly<Record<string, unknown>>

export interface Stream {
  readonly onOpen: () => void
  readonly onRecord: (event: string, data: StreamRecord) => void
  /** Called with the reason when the stream was closed, before it is opened again. */
  readonly onClosed: (why: string) => void
}

/** Reads the stream until `signal` is aborted. */
export async function readStream(
  path: string,
  parameters: Parameters,
  stream: Stream,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const why = await readOnce(path, parameters, stream, signal).catch(() =>
      signal.aborted ? '' : 'Observa does not answer at this address.',
    )
    if (signal.aborted) return
    stream.onClosed(why)
    await pause(AGAIN_MS, signal)
  }
}

async function readOnce(
  path: string,
  parameters: Parameters,
  { onOpen, onRecord }: Stream,
  signal: AbortSignal,
): Promise<string> {
  const headers = { accept: 'text/event-stream', ...credentialHeaders() }
  const res = await fetch(apiAddress(path, parameters), { headers, signal })
  if (!res.ok || res.body === null) return `the answer was ${res.status}`
  onOpen()
  const reader = res.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return 'the stream ended'
    const frames = (rest + value).split('\n\n')
    rest = frames.pop() ?? ''
    if (rest.length > FRAME_MAX) return 'a record was too large'
    for (const frame of frames) tellFrame(frame, onRecord)
  }
}

function tellFrame(frame: string, onRecord: Stream['onRecord']): void {
  const event = /^event: (.*)$/m.exec(frame)?.[1]
  const data = /^data: (.*)$/m.exec(frame)?.[1]
  if (event === undefined || data === undefined) return
  const record: StreamRecord = JSON.parse(data)
  onRecord(event, record)
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
