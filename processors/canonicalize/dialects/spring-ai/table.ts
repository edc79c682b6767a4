// Spring AI through Micrometer: every value is a string, and "none" means absence.

import type { Dialect } from '../../rules/dialect.ts'
import { DATABASE_OPERATIONS } from '../../vocabulary/words.ts'
import { transforms } from './transforms.ts'

export const springAi: Dialect<keyof typeof transforms> = {
  name: 'spring-ai',
  about: 'Spring AI',
  source:
    'spring-projects/spring-ai:spring-ai-commons/src/main/java/org/springframework/ai/observation/conventions/AiObservationAttributes.java',
  markers: [
    'spring.ai.*',
    'gen_ai.usage.input_tokens=#string',
    'gen_ai.usage.output_tokens=#string',
    'gen_ai.request.temperature=#string',
    'gen_ai.system=spring_ai',
  ],
  frameworks: { spring_ai: null },
  transforms,
  rows: [
    ['gen_ai.request.embedding.dimensions', 'embedding_dimensions', 'int', { rank: 60 }],
    ['gen_ai.request.image.*', 'request_params.image_*', 'param'],
    ['spring.ai.model.request.tool.names', 'tool_definitions', 'tools', { rank: 60 }],
    [
      'spring.ai.kind',
      'kind',
      { chat_client: 'chain', advisor: 'chain', tool_call: 'tool', vector_store: 'retrieval' },
      { rank: 44 },
    ],
    ['spring.ai.chat.client.conversation.id', 'conversation_id', 'id', { rank: 60 }],
    ['spring.ai.chat.client.stream', 'stream', 'bool', { rank: 60 }],
    ['spring.ai.chat.client.advisors', 'metadata.advisors'],
    ['spring.ai.chat.client.tool.names', 'metadata.tool_names'],
    ['spring.ai.chat.client.output.format', 'metadata.output_format'],
    ['spring.ai.advisor.name', 'name', 'text', { rank: 60 }],
    ['spring.ai.advisor.order', 'metadata.order'],
    ['spring.ai.tool.definition.name', 'tool_name', 'text', { rank: 60 }],
    ['spring.ai.tool.definition.description', 'tool_description', 'text', { rank: 60 }],
    ['spring.ai.tool.definition.schema', 'tool_definitions', 'tool-schema', { rank: 60 }],
    ['spring.ai.tool.call.id', 'tool_call_id', 'text', { rank: 60 }],
    ['spring.ai.tool.type', 'tool_type', 'text', { rank: 60 }],
    ['spring.ai.tool.call.arguments', 'tool_arguments', 'json', { rank: 60 }],
    ['spring.ai.tool.call.result', 'tool_result', 'json', { rank: 60 }],
    ['db.namespace', 'metadata.db_namespace', 'meta', { when: 'own' }],
    ['db.operation.name', 'kind', DATABASE_OPERATIONS, { rank: 71, when: 'own' }],
    ['db.vector.query.content', 'retrieval_query', 'text', { rank: 60 }],
    ['db.vector.query.response.documents', 'retrieval_documents', 'documents', { rank: 60 }],
    ['db.vector.dimension_count', 'embedding_dimensions', 'int', { rank: 61 }],
    ['db.vector.query.similarity_threshold', 'metadata.similarity_threshold'],
    ['db.search.similarity_metric', 'metadata.similarity_metric'],
  ],
  notes: [
    [
      'gen_ai.usage.*, gen_ai.request.*',
      'rule',
      'numbers',
      'numeric text is read as numbers; it also betrays the dialect',
    ],
  ],
}
