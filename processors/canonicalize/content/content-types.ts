// The types of an event's content: messages and their parts, tools, documents.

export type Part = { type: string; [key: string]: unknown }

export interface Message {
  role: string
  parts: Part[]
  name?: string
  finish_reason?: string
}

export interface Tool {
  type: string
  name: string
  description?: unknown
  parameters?: unknown
}

export interface Document {
  id?: unknown
  score?: unknown
  content?: unknown
  metadata?: unknown
}
