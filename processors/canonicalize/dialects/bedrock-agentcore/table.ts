// Amazon Bedrock AgentCore and the AWS Distro: messages arrive as log records beside the spans.

import type { Dialect } from '../../rules/dialect.ts'

export const bedrockAgentcore: Dialect = {
  name: 'bedrock-agentcore',
  about: 'Amazon Bedrock AgentCore, AWS Distro for OpenTelemetry',
  source: 'docs.aws.amazon.com/bedrock-agentcore/latest/devguide/observability-configure.html',
  markers: ['aws.service.type=gen_ai_agent', 'aws.bedrock_agentcore.*'],
  resource: [['cloud.resource_id', 'metadata.runtime_arn', 'own']],
  rows: [['aws.local.service', 'service_name', 'service-name', { when: 'genai' }]],
  notes: [
    [
      'body.input.messages[], body.output.messages[]',
      'log record',
      'input_messages, output_messages',
      'joined to the span by trace_id and span_id',
    ],
    ['session.id', 'baggage', 'session_id', 'baggage copied to spans'],
    ['cloud.resource_id', 'resource', 'metadata.runtime_arn', 'the runtime'],
  ],
}
