// Microsoft Semantic Kernel, .NET and Python.

import { type Dialect, RANK } from '../../rules/dialect.ts'

export const semanticKernel: Dialect = {
  name: 'semantic-kernel',
  about: 'Microsoft Semantic Kernel',
  source:
    'microsoft/semantic-kernel:dotnet/src/InternalUtilities/src/Diagnostics/ModelDiagnostics.cs',
  scopes: ['Microsoft.SemanticKernel*', 'semantic_kernel*'],
  markers: ['sk.available_functions'],
  rows: [
    ['sk.available_functions', 'tool_definitions', 'tools', { rank: 70 }],
    ['gen_ai.response.prompt_tokens', 'input_tokens', 'int', { rank: 60 }],
    ['gen_ai.response.completion_tokens', 'output_tokens', 'int', { rank: 60 }],
    ['gen_ai.event.content', 'io.output', 'io', { when: 'own', rank: RANK.last }],
  ],
  notes: [
    [
      'gen_ai.operation.name',
      'rule',
      'operation',
      'chat.completions -> chat, text.completions -> text_completion',
    ],
    ['gen_ai.response.finish_reason', 'rule', 'finish_reasons', 'singular, may be comma-joined'],
    ['gen_ai.event.content', 'span event', '*_messages', 'JSON body of the event (.NET)'],
    [
      'gen_ai.tool.developer',
      'span event',
      'input_messages',
      'developer role (sic): a system message',
    ],
  ],
}
