// Checks that a section has what it needs of other sections. Components and pipelines are checked in `cross-checks.ts`.

import type { rootSchema } from './root.ts'
import type { Path, Problems } from './tree/problems.ts'
import { positionAt, type TreeNode } from './tree/tree.ts'

type Sections = Pick<
  ReturnType<typeof rootSchema.parse>,
  'archive' | 'notifications' | 'oidc' | 'retention'
> & {
  readonly auth: 'none' | 'keys'
  readonly accounts: string
}

/** Runs every check over sections that their schemas accept. */
export function checkSections(sections: Sections, root: TreeNode, problems: Problems): void {
  const error = (
    code: `OBS_CONFIG_${string}`,
    path: Path,
    rule: string,
    suggestion: string,
  ): void => problems.error(code, positionAt(root, path), path, rule, { suggestion })
  const { oidc, auth, accounts, notifications, retention, archive } = sections
  const hasArchive = archive.directory !== undefined || archive.s3 !== undefined
  if (!hasArchive && (retention.archive ?? []).length > 0)
    error(
      'OBS_CONFIG_MISSING',
      ['retention', 'archive'],
      'there is no archive to write to, so nothing of these classes would ever be removed',
      'Write where it is, such as `archive: {directory: /srv/observa-archive}`, or remove retention.archive.',
    )
  if (oidc !== undefined && notifications.external_url === undefined)
    error(
      'OBS_CONFIG_MISSING',
      ['oidc'],
      'the provider sends people back to notifications.external_url, which is missing',
      'Write where people open the console, such as `notifications: {external_url: https://observa.example.com}`.',
    )
  if (accounts === 'mail' && notifications.smtp === undefined)
    error(
      'OBS_CONFIG_MISSING',
      ['accounts'],
      'links are sent by notifications.smtp, which is missing',
      'Write where the mail server is, or `accounts: invite`.',
    )
  if (oidc !== undefined && auth === 'none')
    error(
      'OBS_CONFIG_AUTH',
      ['oidc'],
      'nobody has to sign in where no key is needed',
      'Write `auth: keys`.',
    )
}
