// The Model Context Protocol conventions, and the spellings of OpenLLMetry and FastMCP.

import type { Dialect } from '../../rules/dialect.ts'
import { hooks } from './hooks.ts'

export const otelMcp: Dialect = {
  name: 'otel-mcp',
  about: 'OpenTelemetry conventions for the Model Context Protocol',
  source: 'open-telemetry/semantic-conventions@v1.41.1:docs/gen-ai/mcp.md',
  markers: [
    'mcp.method.name',
    'mcp.session.id',
    'mcp.protocol.version',
    'fastmcp.*',
    'mcp.response.value',
  ],
  hooks,
  rows: [
    ['mcp.method.name', 'mcp_method'],
    [
      'mcp.method.name',
      'kind',
      {
        'tools/call': 'mcp',
        'tools/list': 'mcp',
        initialize: 'mcp',
        ping: 'mcp',
        'prompts/get': 'mcp',
        'prompts/list': 'mcp',
        'resources/read': 'mcp',
        'resources/list': 'mcp',
        '*': 'mcp',
      },
      { rank: 55, note: 'tools/call with gen_ai.tool.name is a tool' },
    ],
    ['mcp.session.id', 'mcp_session_id', 'id'],
    ['mcp.protocol.version', 'metadata.mcp_protocol_version'],
    ['mcp.resource.uri', 'mcp_resource_uri'],
    ['jsonrpc.request.id', 'metadata.jsonrpc_request_id'],
    ['mcp.request.id', 'metadata.jsonrpc_request_id'],
    ['rpc.response.status_code', 'error_type', 'text', { rank: 60, when: 'own' }],
    ['network.transport', 'metadata.transport', 'meta', { when: 'own' }],
    ['mcp.response.value', 'tool_result', 'json'],
    [
      'fastmcp.span.kind',
      'kind',
      { tool: 'tool', resource: 'mcp', prompt: 'mcp', '*': 'mcp' },
      { rank: 54 },
    ],
    ['fastmcp.resource.uri', 'mcp_resource_uri', 'text', { rank: 60 }],
    ['fastmcp.resource.output', 'io.output', 'io'],
  ],
  notes: [['{mcp.method.name} {target}', 'rule', 'mcp_method', 'fallback']],
}
