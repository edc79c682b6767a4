// The form of a notification as mail: plain text and HTML, with a message id that is the same for every attempt.

import { factsOf, headlineOf, type NotificationMessage } from '../message.ts'
import type { Channel } from './channel.ts'
import { NOT_CONFIGURED, sendMail } from './mail.ts'

const SUBJECT_CHARS_MAX = 200
const ISSUES_MAX = 50

export const sendEmail: Channel<'email'> = async (target, message, { mail }) => {
  if (mail === null) return NOT_CONFIGURED
  return await sendMail(mail, {
    to: target.settings.to,
    subject: oneLine(headlineOf(message)).slice(0, SUBJECT_CHARS_MAX),
    id: message.deliveryId,
    text: textOf(message),
    html: htmlOf(message),
    headers: { 'X-Observa-Delivery': message.deliveryId },
  })
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ')

function textOf(m: NotificationMessage): string {
  const parts = [headlineOf(m), '']
  if (m.notice !== null) parts.push(m.notice.text, '')
  for (const entry of m.issues.slice(0, ISSUES_MAX)) {
    parts.push(entry.issue.title, ...factsOf(entry).map(([name, value]) => `  ${name}: ${value}`))
    if (entry.url !== null) parts.push(`  ${entry.url}`)
    parts.push('')
  }
  const omitted = Math.max(0, m.issues.length - ISSUES_MAX) + m.omitted
  if (omitted > 0) parts.push(`and ${omitted} more issues`)
  return parts.join('\n')
}

function htmlOf(m: NotificationMessage): string {
  const rows = m.issues.slice(0, ISSUES_MAX).map((entry) => {
    const title = escaped(entry.issue.title)
    const head = entry.url === null ? title : `<a href="${escaped(entry.url)}">${title}</a>`
    const facts = factsOf(entry).map(
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
