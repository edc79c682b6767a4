// The HTTP status of v0 events.

import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import { putMetadata } from '../../span/put-metadata.ts'

/** A status of 400 and above means failure. */
const httpStatus: Transform = (span, attr) => {
  const n = span.number(attr)
  if (n >= 400) span.status.fail()
  return putMetadata(span, attr, HTTP_STATUS_RULE)
}

const HTTP_STATUS_RULE = { name: 'http_status', strip: 0 }

export const transforms = {
  'http-status': { fills: 'flag', read: httpStatus },
} as const satisfies Readonly<Record<string, OwnTransform>>
