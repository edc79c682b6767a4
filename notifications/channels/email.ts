// Mail through the SMTP server of the operator: plain text and HTML, with an id of the message that stays the same at each try.

import { createTransport } from 'nodemailer'
import { failureOf, type Outcome, TIMEOUT_MS } from '../http/post.ts'
import { factsOf, headlineOf, type Message } from '../message.ts'
import type { Channel } from './channel.ts'

const SUBJECT_CHARS_MAX = 200
const ISSUES_MAX = 50

export const sendEmail: Channel<'email'> = async (target, message, { mail }) => {
  if (mail === null) return NOT_CONFIGURED
  const transport = createTransport(mail.url, {
    from: mail.from,
    // Nothing of a message may name a file or an address to be fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = /@([^>\s]+)>?$/.exec(mail.from)?.[1] ?? 'observa'
  const late = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const sent = transport.sendMail({
      to: [...target.settings.to],
      subject: oneLine(headlineOf(message)).slice(0, SUBJECT_CHARS_MAX),
      messageId: `<${message.deliveryId}@${domain}>`,
      text: textOf(message),
      html: htmlOf(message),
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Observa-Delivery': message.deliveryId },
    })
    const { accepted, rejected, response } = await Promise.race([sent, whenAborted(late)])
    return outcomeOf(accepted.length, rejected.length, response)
  } catch (thrown) {
    return failedMail(thrown)
  } finally {
    transport.close()
  }
}

const NOT_CONFIGURED: Outcome = {
  isDone: false,
  isRetryable: false,
  status: null,
  code: 'OBS_NOTIFY_NO_MAIL',
  text: 'no mail server is configured: notifications.smtp',
  retryAfterMs: null,
}

const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

function outcomeOf(accepted: number, rejected: number, response: string): Outcome {
  const text = rejected === 0 ? response : `${response}; ${rejected} recipients were refused`
  return {
    isDone: accepted > 0,
    isRetryable: false,
    status: 250,
    code: accepted > 0 ? null : 'OBS_NOTIFY_STATUS',
    text,
    retryAfterMs: null,
  }
}

/** Answers from 500 on are for good, as SMTP has it; what they say may quote the message and is not kept. */
function failedMail(thrown: unknown): Outcome {
  const status = (thrown as { responseCode?: unknown }).responseCode
  const failure = failureOf(thrown)
  if (typeof status !== 'number') return failure
  return { ...failure, status, code: 'OBS_NOTIFY_STATUS', isRetryable: status < 500 }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ')

function textOf(m: Message): string {
  const parts = [headlineOf(m), '']
  if (m.notice !== null) parts.push(m.notice.text, '')
  for (const told of m.issues.slice(0, ISSUES_MAX)) {
    parts.push(told.issue.title, ...factsOf(told).map(([name, value]) => `  ${name}: ${value}`))
    if (told.url !== null) parts.push(`  ${told.url}`)
    parts.push('')
  }
  const omitted = Math.max(0, m.issues.length - ISSUES_MAX) + m.omitted
  if (omitted > 0) parts.push(`and ${omitted} more issues`)
  return parts.join('\n')
}

function htmlOf(m: Message): string {
  const rows = m.issues.slice(0, ISSUES_MAX).map((told) => {
    const title = escaped(told.issue.title)
    const head = told.url === null ? title : `<a href="${escaped(told.url)}">${title}</a>`
    const facts = factsOf(told).map(
      ([name, value]) => `<tr><td>${escaped(name)}</td><td>${escaped(value)}</td></tr>`,
    )
    return `<h3>${head}</h3><table>${facts.join('')}</table>`
  })
  const notice = m.notice === null ? '' : `<p>${escaped(m.notice.text)}</p>`
  const omitted = Math.max(0, m.issues.length - ISSUES_MAX) + m.omitted
  const more = omitted === 0 ? '' : `<p>and ${omitted} more issues</p>`
  return `<h2>${escaped(headlineOf(m))}</h2>${notice}${rows.join('')}${more}`
}

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
