// Converts the content blocks of providers (OpenAI, Anthropic, Bedrock, Gemini) and frameworks to canonical message
// parts. A block of an unknown type is kept unchanged.

import { parseJson } from '../json/loose-json.ts'
import { isRecord, lookup, plainText } from '../json/values.ts'
import type { Part } from './content-types.ts'

type Block = Record<string, unknown>

/** The text of text parts, joined. */
export function textOf(parts: readonly Part[]): string {
  let out = ''
  for (const part of parts) if (part.type === 'text') out += String(part['content'])
  return out
}

/** The parts of a message's content: a string, a list of blocks, or one block. Empty text gives none. */
export function partsOf(content: unknown, role: string): Part[] {
  if (content === null || content === undefined || content === '') return []
  if (typeof content === 'string') return textParts(content, role)
  if (Array.isArray(content)) {
    const out: Part[] = []
    for (const block of content) pushPart(out, block, role)
    return out
  }
  const out: Part[] = []
  pushPart(out, content, role)
  return out
}

/** Text that is a JSON list of blocks becomes those blocks. */
function textParts(text: string, role: string): Part[] {
  if (/^\s*\[\s*\{\s*"(?:type|text|toolUse|toolResult|tool_use_id)"/.test(text)) {
    const blocks = parseJson(text)
    if (Array.isArray(blocks)) {
      const parts = partsOf(blocks, role)
      if (parts.length > 0) return parts
    }
  }
  return [{ type: 'text', content: text }]
}

function pushPart(out: Part[], block: unknown, role: string): void {
  if (typeof block === 'string') {
    if (block !== '') out.push({ type: 'text', content: block })
    return
  }
  if (!isRecord(block)) {
    if (block !== null && block !== undefined) out.push({ type: 'text', content: plainText(block) })
    return
  }
  const part = partOf(block, role)
  if (part !== null) out.push(part)
}

function partOf(block: Block, role: string): Part | null {
  const type = block['type']
  const known = typeof type === 'string' ? lookup(BY_TYPE, type) : undefined
  if (known !== undefined) return known(block)
  for (const key of KEYED) if (key in block) return BY_KEY[key]?.(block) ?? null
  if (typeof type === 'string' && type !== '') return { ...block, type }
  // This is a message inside a message, whose content is kept.
  if (typeof block['content'] === 'string') return textPart(block['content'])
  return Object.keys(block).length === 0
    ? null
    : { type: role === 'tool' ? 'data' : 'unknown', content: block }
}

function textPart(text: unknown): Part | null {
  if (text === null || text === undefined || text === '') return null
  return { type: 'text', content: typeof text === 'string' ? text : JSON.stringify(text) }
}

function reasoningPart(text: unknown): Part | null {
  return typeof text === 'string' && text !== '' ? { type: 'reasoning', content: text } : null
}

function summaryText(summary: unknown): unknown {
  if (!Array.isArray(summary)) return summary
  return summary.map((x) => (isRecord(x) ? plainText(x['text'] ?? '') : plainText(x))).join('\n')
}

/** The arguments of a call: an object, or JSON text of one. Other text stays text. */
export function argumentsOf(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? null
  const parsed = parseJson(value)
  return parsed !== undefined && typeof parsed === 'object' ? parsed : value
}

/** Names of a call's id, in calls and in their responses. The first one that is present is used. */
const CALL_IDS = ['id', 'call_id', 'toolCallId', 'tool_call_id', 'toolUseId', 'tool_id', 'ref']
const RESPONSE_IDS = [
  'id',
  'tool_use_id',
  'call_id',
  'toolCallId',
  'tool_call_id',
  'toolUseId',
  'ref',
]

function firstOf(block: Block, names: readonly string[]): unknown {
  for (const name of names)
    if (block[name] !== undefined && block[name] !== null) return block[name]
  return undefined
}

/**
 * A call in any spelling: OpenAI `{id, function: {name, arguments}}`, LangChain `{id, name, args}`, Bedrock, Gemini.
 */
export function toolCallPart(call: Block): Part {
  const fn = isRecord(call['function']) ? call['function'] : call
  const part: Part = { type: 'tool_call' }
  const id = firstOf(call, CALL_IDS)
  if (typeof id === 'string' && id !== '') part['id'] = id
  const name = fn['name'] ?? call['toolName'] ?? call['tool_name'] ?? call['function_name']
  if (typeof name === 'string') part['name'] = name
  part['arguments'] = argumentsOf(
    fn['arguments'] ?? fn['args'] ?? call['input'] ?? fn['parameters'],
  )
  return part
}

function toolResponsePart(block: Block): Part {
  const part: Part = { type: 'tool_call_response' }
  const id = firstOf(block, RESPONSE_IDS)
  if (typeof id === 'string' && id !== '') part['id'] = id
  const name = block['name'] ?? block['toolName']
  if (typeof name === 'string' && name !== '') part['name'] = name
  let response: unknown =
    block['response'] ?? block['result'] ?? block['output'] ?? block['content'] ?? null
  // `{type: 'text' | 'json', value}` of JavaScript SDKs. Bedrock and Anthropic have a list of text blocks.
  if (isRecord(response) && 'value' in response && typeof response['type'] === 'string')
    response = response['value']
  // A `response` is already in the form that its author wants.
  if (Array.isArray(response) && !('response' in block)) response = flattened(response)
  part['response'] = response
  const failed = block['is_error'] ?? (block['status'] === 'error' ? true : undefined)
  if (failed === true) part['is_error'] = true
  return part
}

/** A list that has only text blocks becomes that text. */
function flattened(list: readonly unknown[]): unknown {
  const texts: string[] = []
  for (const x of list) {
    if (typeof x === 'string') texts.push(x)
    else if (isRecord(x) && typeof x['text'] === 'string') texts.push(x['text'])
    else if (isRecord(x) && list.length === 1 && 'json' in x) return x['json']
    else return list
  }
  return texts.join('\n')
}

/** Media by URL or inline. `data:` URLs and base64 become a blob, ids a file, the rest a uri. */
function mediaPart(
  modality: string,
  url: unknown,
  mime: unknown,
  data: unknown,
  file: unknown,
): Part {
  const mimeType = typeof mime === 'string' && mime !== '' ? mime : undefined
  if (typeof url === 'string' && url.startsWith('data:')) return dataUrlPart(modality, url)
  if (typeof url === 'string' && url !== '')
    return {
      type: 'uri',
      modality,
      ...(mimeType === undefined ? {} : { mime_type: mimeType }),
      uri: url,
    }
  if (typeof file === 'string' && file !== '') return { type: 'file', modality, file_id: file }
  return {
    type: 'blob',
    modality,
    ...(mimeType === undefined ? {} : { mime_type: mimeType }),
    content: typeof data === 'string' ? data : null,
  }
}

function dataUrlPart(modality: string, url: string): Part {
  const comma = url.indexOf(',')
  const mime = url.slice(5, comma < 0 ? undefined : comma).split(';')[0] ?? ''
  return {
    type: 'blob',
    modality,
    ...(mime === '' ? {} : { mime_type: mime }),
    content: comma < 0 ? '' : url.slice(comma + 1),
  }
}

function modalityOf(mime: unknown): string {
  if (typeof mime !== 'string') return 'file'
  const major = mime.split('/')[0] ?? ''
  return major === 'image' || major === 'audio' || major === 'video' ? major : 'file'
}

function urlIn(v: unknown): unknown {
  return isRecord(v) ? (v['url'] ?? v['uri']) : v
}

function imagePart(block: Block): Part | null {
  const source = block['source']
  if (isRecord(source)) {
    const bytes = source['data'] ?? source['bytes']
    return mediaPart(
      'image',
      source['url'],
      source['media_type'] ?? block['media_type'],
      bytes,
      source['file_id'],
    )
  }
  const image = block['image'] ?? block['image_url']
  if (isRecord(image) && isRecord(image['source']))
    return mediaPart(
      'image',
      undefined,
      isString(image['format'], 'image/'),
      image['source']['bytes'],
      undefined,
    )
  // Flattened keys have one more level: {image: {image: {url}}}.
  const inner = isRecord(image) && isRecord(image['image']) ? image['image'] : image
  const url = urlIn(inner)
  const mime = block['mediaType'] ?? block['mimeType'] ?? block['mime_type']
  const isInline = typeof url === 'string' && !/^(?:https?|data|gs|s3|file):/.test(url)
  return isInline
    ? mediaPart('image', undefined, mime, url, undefined)
    : mediaPart('image', url, mime, block['data'], block['file_id'])
}

function isString(v: unknown, prefix: string): string | undefined {
  return typeof v === 'string' ? prefix + v : undefined
}

function audioPart(block: Block): Part | null {
  const audio = block['input_audio'] ?? block['audio'] ?? block
  const inner = isRecord(audio) && isRecord(audio['audio']) ? audio['audio'] : audio
  if (!isRecord(inner)) return mediaPart('audio', inner, undefined, undefined, undefined)
  return mediaPart(
    'audio',
    inner['url'],
    inner['mime_type'] ?? isString(inner['format'], 'audio/'),
    inner['data'],
    inner['id'],
  )
}

function filePart(block: Block): Part | null {
  const file = isRecord(block['file']) ? block['file'] : block
  const source = isRecord(block['source']) ? block['source'] : file
  const mime = file['mediaType'] ?? file['mimeType'] ?? file['mime_type'] ?? source['media_type']
  const url = file['url'] ?? file['file_url'] ?? source['url']
  const data = file['data'] ?? file['file_data'] ?? source['data']
  const part = mediaPart(modalityOf(mime), url, mime, data, file['file_id'])
  const name = file['filename'] ?? block['filename'] ?? block['title']
  if (typeof name === 'string' && name !== '') part['name'] = name
  return part
}

const BY_TYPE: Readonly<Record<string, (block: Block) => Part | null>> = {
  text: (x) => textPart(x['content'] ?? x['text']),
  input_text: (x) => textPart(x['text'] ?? x['content']),
  output_text: (x) => textPart(x['text'] ?? x['content']),
  system: (x) => textPart(x['content'] ?? x['text']),
  message: (x) => textPart(flattened(Array.isArray(x['content']) ? x['content'] : [x['content']])),
  reasoning: (x) =>
    reasoningPart(x['content'] ?? x['text'] ?? x['reasoning'] ?? summaryText(x['summary'])),
  thinking: (x) => reasoningPart(x['content'] ?? x['thinking'] ?? x['text']),
  tool_call: toolCallPart,
  'tool-call': toolCallPart,
  tool_use: toolCallPart,
  function_call: toolCallPart,
  function: toolCallPart,
  toolCall: toolCallPart,
  tool_call_response: toolResponsePart,
  'tool-result': toolResponsePart,
  tool_result: toolResponsePart,
  tool_response: toolResponsePart,
  function_call_output: toolResponsePart,
  image: imagePart,
  image_url: imagePart,
  input_image: imagePart,
  audio: audioPart,
  input_audio: audioPart,
  file: (x) =>
    typeof x['modality'] === 'string' && typeof x['file_id'] === 'string'
      ? { ...x, type: 'file' }
      : filePart(x),
  input_file: filePart,
  document: filePart,
}

/** Blocks without a type, which are recognised by their key. */
const KEYED = [
  'text',
  'toolUse',
  'toolResult',
  'reasoningContent',
  'reasoning',
  'function_call',
  'functionCall',
  'function_response',
  'functionResponse',
  'inline_data',
  'inlineData',
  'file_data',
  'fileData',
  'toolRequest',
  'toolResponse',
  'media',
  'image',
  'image_url',
] as const

const BY_KEY: Readonly<Record<(typeof KEYED)[number], (block: Block) => Part | null>> = {
  text: (x) => (x['thought'] === true ? reasoningPart(x['text']) : textPart(x['text'])),
  toolUse: (x) => (isRecord(x['toolUse']) ? toolCallPart(x['toolUse']) : null),
  toolResult: (x) => (isRecord(x['toolResult']) ? toolResponsePart(x['toolResult']) : null),
  reasoningContent: (x) => {
    const inner = x['reasoningContent']
    const text = isRecord(inner)
      ? isRecord(inner['reasoningText'])
        ? inner['reasoningText']['text']
        : inner['text']
      : inner
    return reasoningPart(text)
  },
  reasoning: (x) => reasoningPart(x['reasoning']),
  function_call: (x) => (isRecord(x['function_call']) ? toolCallPart(x['function_call']) : null),
  functionCall: (x) => (isRecord(x['functionCall']) ? toolCallPart(x['functionCall']) : null),
  function_response: (x) =>
    isRecord(x['function_response']) ? toolResponsePart(x['function_response']) : null,
  functionResponse: (x) =>
    isRecord(x['functionResponse']) ? toolResponsePart(x['functionResponse']) : null,
  inline_data: (x) => inlineData(x['inline_data']),
  inlineData: (x) => inlineData(x['inlineData']),
  file_data: (x) => fileData(x['file_data']),
  fileData: (x) => fileData(x['fileData']),
  toolRequest: (x) => (isRecord(x['toolRequest']) ? toolCallPart(x['toolRequest']) : null),
  toolResponse: (x) => (isRecord(x['toolResponse']) ? toolResponsePart(x['toolResponse']) : null),
  media: (x) =>
    isRecord(x['media'])
      ? mediaPart(
          modalityOf(x['media']['contentType']),
          x['media']['url'],
          x['media']['contentType'],
          undefined,
          undefined,
        )
      : null,
  image: imagePart,
  image_url: imagePart,
}

function inlineData(v: unknown): Part | null {
  if (!isRecord(v)) return null
  const mime = v['mime_type'] ?? v['mimeType']
  return mediaPart(modalityOf(mime), undefined, mime, v['data'], undefined)
}

function fileData(v: unknown): Part | null {
  if (!isRecord(v)) return null
  const mime = v['mime_type'] ?? v['mimeType']
  return mediaPart(modalityOf(mime), v['file_uri'] ?? v['fileUri'], mime, undefined, undefined)
}
