// The archive that a configuration names.

import { join, resolve } from 'node:path'
import type { ObservaConfig } from '../../config/root.ts'
import type { Clock } from '../../core/clock.ts'
import type { ArchivePlace } from '../../storage/archive/archive-place.ts'
import { DirectoryPlace } from '../../storage/archive/directory-place.ts'
import { S3Place } from '../../storage/archive/s3-place.ts'

/** Null where none is configured. */
export function archivePlaceOf(
  { archive, data_dir }: Pick<ObservaConfig, 'archive' | 'data_dir'>,
  clock: Clock,
): ArchivePlace | null {
  const { directory, s3 } = archive
  if (directory !== undefined) return new DirectoryPlace(resolve(directory))
  if (s3 === undefined) return null
  return new S3Place({
    url: s3.url.reveal(),
    region: s3.region,
    accessKeyId: s3.access_key_id.reveal(),
    secretAccessKey: s3.secret_access_key.reveal(),
    sessionToken: s3.session_token?.reveal() ?? null,
    spoolDir: join(resolve(data_dir), 'archive-spool'),
    clock,
  })
}
