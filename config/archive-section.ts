// The section `archive` of the configuration: where data goes that retention removes from the stores.

import { z } from 'zod'
import { isLinkLocalHost, outboundUrl, secret } from '../core/config/config-types.ts'

const s3 = z.strictObject({
  url: outboundUrl()
    .refine((url) => !isLinkLocalHost(url.hostname), {
      error: 'is a link-local or cloud metadata address',
    })
    .describe(
      'Bucket and folder: `https://s3.eu-central-1.amazonaws.com/bucket/folder`, or with the bucket in the name of the host. Also of what speaks the protocol of S3, such as MinIO, on a private address too.',
    ),
  region: z.string().min(1).max(64).default('us-east-1').describe('Region of the bucket.'),
  access_key_id: secret().describe('Best as `${env:AWS_ACCESS_KEY_ID}`.'),
  secret_access_key: secret().describe('Best as `${env:AWS_SECRET_ACCESS_KEY}` or `${file:path}`.'),
  session_token: secret().optional().describe('Of temporary credentials.'),
})

export const archiveSection = z
  .strictObject({
    directory: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Directory of this machine, or one that is mounted. Every process that works jobs needs the same one.',
      ),
    s3: s3.optional().describe('A bucket instead of a directory.'),
  })
  .refine((archive) => archive.directory === undefined || archive.s3 === undefined, {
    error: 'takes a directory or s3, not both',
  })
