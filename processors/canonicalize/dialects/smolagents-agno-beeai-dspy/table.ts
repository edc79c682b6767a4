// Frameworks that are seen through their OpenInference instrumentation: the keys are the same, and the scope name
// ends with the framework.

import type { Dialect } from '../../rules/dialect.ts'

export const openinferenceFrameworks: Dialect = {
  name: 'smolagents-agno-beeai-dspy',
  about: 'smolagents, agno, beeai, dspy, llama_index and others through OpenInference',
  source: 'Arize-ai/openinference:python/instrumentation',
  isGeneral: true,
  scopeFrameworks: {
    prefix: 'openinference.instrumentation.',
    names: [
      'smolagents',
      'agno',
      'beeai',
      'dspy',
      'crewai',
      'llama_index',
      'langchain',
      'haystack',
      'google_adk',
      'litellm',
      'autogen',
      'openai_agents',
      'pydantic_ai',
    ],
  },
  rows: [],
  notes: [
    [
      'openinference.instrumentation.<framework>',
      'scope name',
      'dialect, metadata.framework',
      'dialect openinference; framework = last segment',
    ],
  ],
}
