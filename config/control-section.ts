// The section `control` of the configuration: where an instance that does not export to Postgres finds the control plane of those that do.

import { z } from 'zod'
import { allowLinkLocal, outboundUrl } from '../core/config/config-types.ts'
import { isUnverifiedPostgres } from '../core/config/unverified-tls.ts'

export const controlSection = z
  .strictObject({
    url: outboundUrl(['postgres:', 'postgresql:'])
      .optional()
      .describe(
        'Connection URL of the Postgres whose keys and quotas hold here too. Not needed with a postgres exporter in a pipeline.',
      ),
    allow_link_local: allowLinkLocal(),
    accept_risk: z
      .boolean()
      .default(false)
      .describe(
        'Must be true where the URL says not to verify the certificate of the server (sslmode=no-verify): anybody on the network path can then read the keys.',
      ),
  })
  .refine((c) => c.accept_risk || c.url === undefined || !isUnverifiedPostgres(c.url.reveal()), {
    message: 'it turns the check of the certificate off, which needs accept_risk: true beside it',
    path: ['url'],
  })
