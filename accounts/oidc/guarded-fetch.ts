// The requests to the OpenID provider: bounded in time and size, without redirects, and never to link-local addresses or
// cloud metadata services. The metadata of the provider names further addresses, which are checked as well.

import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { CustomFetch } from 'openid-client'
import type { OidcSettings } from '../../core/config/accounts-settings.ts'
import { isLinkLocalHost } from '../../core/config/config-types.ts'
import { guardedLookup, REFUSED_CODE, refusalText } from '../../core/http/guarded-lookup.ts'
import { isLoopback } from '../../core/http/host-name.ts'
import { OidcRefusedError } from './oidc-refusal.ts'

const ANSWER_BYTES_MAX = 1024 * 1024
export const REQUEST_SECONDS_MAX = 10

/** Fails with the reason `unavailable` where no answer came, with the error of the connection as its cause. */
export function guardedFetch(
  settings: Pick<OidcSettings, 'allowHttp' | 'allowLinkLocal'>,
): CustomFetch {
  return async (address, { method, headers, body, signal }) => {
    const url = new URL(address)
    const refusal = refusalOf(url, settings)
    if (refusal !== null) throw unavailable(refusal)
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const deadline = AbortSignal.timeout(REQUEST_SECONDS_MAX * 1000)
    const options = {
      method,
      headers,
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      ...(settings.allowLinkLocal ? {} : { lookup: guardedLookup }),
    }
    const sent = body === undefined || body === null ? '' : await new Response(body).text()
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        send(url, options, resolve).on('error', reject).end(sent)
      })
      const bytes = await bodyOf(answer)
      const status = answer.statusCode ?? 0
      const isEmpty = status === 204 || status === 304
      return new Response(isEmpty ? null : bytes, { status, headers: headersOf(answer) })
    } catch (thrown) {
      throw unavailable(thrown)
    }
  }
}

function refusalOf(
  url: URL,
  { allowHttp, allowLinkLocal }: Pick<OidcSettings, 'allowHttp' | 'allowLinkLocal'>,
): Error | null {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (!allowLinkLocal && isLinkLocalHost(host))
    return Object.assign(new Error(refusalText(host)), { code: REFUSED_CODE })
  if (url.protocol === 'https:' || (url.protocol === 'http:' && (allowHttp || isLoopback(host))))
    return null
  return Object.assign(new Error(`${host} is not asked without TLS`), { code: 'EPLAINHTTP' })
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > ANSWER_BYTES_MAX) {
      answer.destroy()
      throw Object.assign(new Error('the answer is too large'), { code: 'ETOOLARGE' })
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

function headersOf(answer: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values] of Object.entries(answer.headersDistinct))
    for (const value of values ?? []) headers.append(name, value)
  return headers
}

const unavailable = (cause: unknown): OidcRefusedError =>
  new OidcRefusedError('unavailable', { cause })
