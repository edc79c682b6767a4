// Facts in Datadog's tags.

import { R } from '../../../../core/fields.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

/** Reads `env:`, `service:`, `version:` and `ml_app:` in the tags. */
const datadogTags: Transform = (span, attr, rule) => {
  const value = span.value(attr)
  if (!Array.isArray(value)) return false
  const tags = value.filter((t) => typeof t === 'string')
  if (tags.length === 0) return false
  span.setJson(rule.range, tags)
  for (const tag of tags) {
    const colon = tag.indexOf(':')
    const text = tag.slice(colon + 1)
    const name = colon < 0 || text === '' ? '' : tag.slice(0, colon)
    if (name === 'env') span.offerText(R.environment, text.toLowerCase())
    else if (name === 'service') span.offerText(R.service_name, text)
    else if (name === 'version') span.offerText(R.service_version, text)
    else if (name === 'ml_app') span.entries.addMetadata('ml_app', text)
  }
  return true
}

export const transforms = {
  tags: { fills: 'strings', read: datadogTags },
} as const satisfies Readonly<Record<string, OwnTransform>>
