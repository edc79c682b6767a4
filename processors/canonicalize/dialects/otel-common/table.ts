// Resource, scope and general attributes that any span may have, whatever its dialect.

import type { Dialect } from '../../rules/dialect.ts'
import { transforms } from './transforms.ts'

export const otelCommon: Dialect<keyof typeof transforms> = {
  name: 'otel-common',
  about: 'General OpenTelemetry attributes',
  source: 'open-telemetry/semantic-conventions:docs/resource',
  isGeneral: true,
  transforms,
  rows: [
    ['session.id', 'session_id', 'id', { rank: 40 }],
    ['user.id', 'user_id', 'id', { rank: 40 }],
    ['enduser.id', 'user_id', 'id', { rank: 60 }],
    ['http.route', 'route', 'text', { rank: 40 }],
    ['url.path', 'route', 'text', { rank: 80 }],
    ['error.type', 'error_type', 'text', { rank: 20 }],
    ['exception.type', 'error_type', 'text', { rank: 80 }],
    ['exception.message', 'error_message', 'text', { rank: 80 }],
    ['exception.stacktrace', 'error_stack', 'text', { rank: 80 }],
    ['server.address', 'server_address', 'text', { rank: 20 }],
    [
      'model',
      'request_model',
      'model',
      { rank: 99, note: 'the last resort: a span with nothing but a model is a call' },
    ],
    [
      '{gen_ai,litellm,llm,metadata}.cache_hit',
      'metadata.cache_hit',
      'cache-hit',
      { when: 'genai', note: 'true beside a given cost of 0: nothing was paid' },
    ],
    ['log.severity_text', 'level', 'severity', { rank: 80, note: 'of log records' }],
    ['server.port', 'server_port', 'int', { rank: 20 }],
  ],
  notes: [
    ['service.name', 'resource', 'service_name', 'identity'],
    ['service.version', 'resource', 'service_version', 'identity'],
    [
      'deployment.environment.name',
      'resource',
      'environment',
      'lower-case; beats deployment.environment',
    ],
    ['deployment.environment', 'resource', 'environment', 'lower-case'],
    ['telemetry.sdk.language', 'resource', 'sdk_language', 'identity'],
    [
      'openinference.project.name',
      'resource',
      'metadata.source_project',
      'never overrides the project of the key',
    ],
    ['scope name and version', 'scope name', 'scope_name, scope_version', 'identity'],
    [
      'exception',
      'span event',
      'error_type, error_message, error_stack',
      'the last one wins; error.type beats exception.type',
    ],
    [
      'status',
      'rule',
      'status, error_message',
      'ERROR -> error; message when no exception event has one',
    ],
  ],
}
