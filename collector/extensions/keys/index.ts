// The `keys` extension: API keys that are listed in the configuration. The service asks it for an authenticator;
// there is nothing to start or stop.

import type { ExtensionFactory } from '../../../core/component.ts'
import { type KeysConfig, keysSchema } from './config.ts'

export {
  allowedOrigins,
  anonymousAuthenticator,
  type ControlKeys,
  createKeysAuthenticator,
  hasApiKey,
} from './authenticator.ts'
export { type KeysCommandIo, keysCommand } from './commands.ts'
export type { KeysConfig } from './config.ts'

export const keys: ExtensionFactory<KeysConfig> = {
  kind: 'extension',
  type: 'keys',
  stability: 'beta',
  summary: 'Authenticates requests by API keys listed in the configuration.',
  schema: keysSchema,
  metrics: [],
  create: () => ({ start: async () => {}, stop: async () => {} }),
}
