// Slack's incoming webhooks: a text for notifications, and blocks. Slack accepts 50 blocks, 3,000 characters a section and,
// undocumented, about 13,000 characters in all. Issues that do not fit are counted.

import { type PostOutcome, post } from '../http/post.ts'
import { factsOf, headlineOf, type MessageIssue, type NotificationMessage } from '../message.ts'
import type { Channel } from './channel.ts'

const SECTION_CHARS_MAX = 2900
const CHARS_MAX = 12_000
const ISSUES_MAX = 20
const HEADER_CHARS_MAX = 150

/** Responses with which Slack says that a retry is useless. */
const FINAL =
  /^(?:invalid_|no_|channel_|action_prohibited|posting_to|too_many_attachments|user_not_found|missing_text|team_disabled)/

export const sendSlack: Channel<'slack'> = async (target, message, { guard }) => {
  const outcome = await post(guard, {
    url: target.secrets.url,
    body: JSON.stringify(bodyOf(message)),
  })
  return isFinal(outcome) ? { ...outcome, isRetryable: false } : outcome
}

const isFinal = ({ isDone, status, text }: PostOutcome): boolean =>
  !isDone && status !== null && status >= 400 && status < 500 && FINAL.test(text)

type Block = Readonly<Record<string, unknown>>

export function bodyOf(m: NotificationMessage): {
  readonly text: string
  readonly blocks: readonly Block[]
} {
  const headline = headlineOf(m)
  const blocks: Block[] = [
    { type: 'header', text: { type: 'plain_text', text: headline.slice(0, HEADER_CHARS_MAX) } },
  ]
  if (m.notice !== null) blocks.push(section(escaped(m.notice.text)))
  let chars = headline.length
  let shown = 0
  for (const issue of m.issues.slice(0, ISSUES_MAX)) {
    const text = issueText(issue)
    if (chars + text.length > CHARS_MAX) break
    chars += text.length
    blocks.push(section(text))
    shown++
  }
  const omitted = m.issues.length - shown + m.omitted
  if (omitted > 0) blocks.push(section(`and ${omitted} more issues`))
  return { text: escaped(headline).slice(0, SECTION_CHARS_MAX), blocks }
}

const section = (text: string): Block => ({
  type: 'section',
  text: { type: 'mrkdwn', text: text.slice(0, SECTION_CHARS_MAX) },
})

function issueText(entry: MessageIssue): string {
  const title = escaped(entry.issue.title)
  const head = entry.url === null ? `*${title}*` : `*<${entry.url}|${title}>*`
  const facts = factsOf(entry).map(([name, value]) => `${name}: ${escaped(value)}`)
  return [head, ...facts].join('\n').slice(0, SECTION_CHARS_MAX)
}

/** Slack gives these three characters a meaning. With them, a title could notify a whole channel. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
