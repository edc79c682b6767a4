// Keys that are never stored, whatever the dialect: credentials, vectors, raw copies of requests and responses, and
// internal data of user interfaces. `drop_keys` of the configuration adds more.

export const DROPPED_KEYS: readonly string[] = [
  // These may contain credentials.
  'llm.headers',
  'gen_ai.headers',
  'ai.request.headers.authorization',
  'ai.request.headers.proxy-authorization',
  'ai.request.headers.cookie',
  'ai.request.headers.x-api-key',
  'ai.request.headers.api-key',
  'http.request.header.authorization',
  'http.request.header.cookie',
  'http.request.header.x-api-key',
  'http.response.header.set-cookie',
  'metadata.user_api_key_hash',
  'metadata.user_api_key',
  'metadata.requester_ip_address',
]
