// What means a time limit or a context that is too small, in the words of many vendors, and what only sounds like it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isContextOverflow, isTimeout } from './error-words.ts'

type Case = readonly [type: string | null, message: string | null]

const TIMEOUTS: readonly Case[] = [
  [null, 'ToolExecutionTimeout: exceeded 30s'],
  [null, 'httpx.ReadTimeout'],
  [null, 'read timeout: 30s'],
  [null, 'asyncio.exceptions.TimeoutError: '],
  [null, 'java.net.SocketTimeoutException: Read failed'],
  ['Error', 'DeadlineExceeded: job 7 was stopped'],
  [null, 'dial tcp 203.0.113.9:443: i/o timeout'],
  [null, 'Maximum execution time of 30 seconds exceeded'],
  [null, 'Zeitüberschreitung der Anforderung'],
  [null, 'Tiempo de espera agotado'],
  [null, 'Délai d’attente dépassé'],
  [null, '请求超时，请稍后再试'],
  [null, 'タイムアウトしました'],
  ['TimeoutError', 'timed out after 30s'],
  ['ETIMEDOUT', 'connect ETIMEDOUT 203.0.113.9:443'],
  ['asyncio.exceptions.TimeoutError', null],
  ['requests.exceptions.ReadTimeout', 'x'],
  ['java.net.SocketTimeoutException', null],
  ['subprocess.TimeoutExpired', null],
  ['APITimeoutError', 'Request timed out.'],
  ['DEADLINE_EXCEEDED', '4 DEADLINE_EXCEEDED'],
  ['504', 'Gateway Timeout'],
  ['_OTHER', 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'],
  ['Error', 'canceling statement due to statement timeout'],
  ['ToolException', 'Tool execution timed out after 60 seconds'],
  [null, 'timeout of 5000ms exceeded'],
  ['UND_ERR_HEADERS_TIMEOUT', null],
  ['Error', 'The operation took too long'],
  [
    'TaskCanceledException',
    'The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.',
  ],
]

const NO_TIMEOUTS: readonly Case[] = [
  [null, 'ReadTimeout: must be a positive number'],
  [null, 'readTimeout: 5 is not a string'],
  [null, 'ReadTimeout: "soon" is not a number'],
  [null, "connection timeout '5s' must be a number"],
  [null, 'request timeout: -1 should be positive'],
  ['Error', 'idle timeout null is not allowed'],
  [null, 'RequestTimeout: expected number, received string'],
  [null, 'SessionTimeoutSettings: not found'],
  ['ValueError', '请求超时参数无效'],
  [null, 'the execution time limit must be a number'],
  ['ValueError', 'invalid value for parameter timeout: must be > 0'],
  ['KeyError', "KeyError: 'time_out' is not a column"],
  ['TypeError', "unexpected keyword argument 'timeout'"],
  ['ValidationError', 'timeout: Input should be a valid integer'],
  ['AttributeError', "module has no attribute 'read_timeout'"],
  ['ConfigError', 'unknown option connect_timeout'],
  ['SyntaxError', 'column "timeout" does not exist'],
  ['HTTPError', '404 Not Found: /v1/timeouts'],
  ['PermissionError', 'not allowed to change the session timeout setting'],
  [null, null],
]

const OVERFLOWS: readonly Case[] = [
  [null, 'Prompt exceeds max length'],
  [null, 'The prompt length exceeds the maximum allowed length'],
  [
    null,
    'Unable to process: the input token count is 40500 but the model only supports up to 32768.',
  ],
  [null, 'too many tokens: size limit exceeded by 812 tokens. Try using shorter or fewer inputs'],
  [null, 'Malformed input request: expected maxLength: 4096, actual: 5120'],
  [null, 'Input validation error: `inputs` must have less than 1024 tokens. Given: 1500'],
  [null, "This model's maximum prompt length is 131072 but the request contains 140210 tokens."],
  [null, 'the model is loaded with context length of only 4096 tokens, which is not enough'],
  [null, 'The decoder prompt (length 9120) is longer than the maximum model length of 8192.'],
  [null, 'Your request exceeded model token limit: 8192'],
  [null, 'Total tokens of image and text exceed max message tokens'],
  [null, 'Prompt 超长'],
  [null, 'max input token length exceeded'],
  [null, 'The total number of tokens in your request exceeds the maximum of 8192'],
  [null, 'the conversation has 250000 tokens but the context window is 200000'],
  [null, 'Sequence length 9000 > 8192'],
  [null, 'token count 9000 exceeds model limit of 8192'],
  [
    null,
    "Invalid 'messages[2].content': string too long. Expected a string with maximum length 1048576",
  ],
  [null, 'Die maximale Kontextlänge von 8192 Tokens wurde überschritten'],
  [null, 'コンテキスト長を超えています'],
  [
    'context_length_exceeded',
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens.",
  ],
  [null, 'prompt is too long: 210000 tokens > 200000 maximum'],
  [
    null,
    'too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5002.',
  ],
  [null, 'ValidationException: Input is too long for requested model.'],
  [null, 'The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).'],
  [null, "Requested token count exceeds the model's maximum context length of 8192 tokens."],
  [
    'BadRequestError',
    'input length and `max_tokens` exceed context limit: 199000 + 4096 > 200000, decrease input length',
  ],
  [null, 'the request exceeds the available context size. try increasing the context size'],
  [
    null,
    'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
  ],
  [
    null,
    'too many tokens: total number of tokens in the prompt cannot exceed 128000: input tokens must be at most 128000',
  ],
  [null, 'Please reduce the length of the messages or completion.'],
  [
    null,
    '`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 200 `max_new_tokens`',
  ],
  ['ContextWindowExceededError', 'litellm.ContextWindowExceededError'],
  [null, 'Range of input length should be [1, 30720]'],
]

const NO_OVERFLOWS: readonly Case[] = [
  [null, 'the input exceeds max length of 255'],
  [null, "Invalid 'user': string too long. Expected a string with maximum length 64"],
  [
    null,
    "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64",
  ],
  [null, "Invalid 'tools': array too long. Expected an array with maximum length 128"],
  [null, 'You requested 200000 output tokens but the maximum is 64000'],
  [null, 'Too many tokens, please wait before trying again.'],
  [null, 'exceeded model limit on requests, retry in 2s'],
  [null, 'daily token count exceeded'],
  [null, 'csrf token length exceeded'],
  [null, 'token length 20 > 16 for password field'],
  [null, 'session token length exceeds 4096 bytes'],
  [null, 'input length 300 > 255 for column name'],
  [null, 'the name exceeds maximum length of 255'],
  [null, 'request length exceeds maximum 10 MB'],
  [null, 'quota: exceeded max tokens per day'],
  [null, 'image exceeds 5 MB maximum'],
  [
    'rate_limit_exceeded',
    'Rate limit reached for gpt-4o on tokens per min (TPM): too many tokens used, try again in 2s',
  ],
  [null, 'max_tokens is too large: 999999. This model supports at most 16384 completion tokens'],
  ['insufficient_quota', 'You exceeded your current quota, please check your plan'],
  [null, 'This request would exceed the rate limit of 40,000 input tokens per minute'],
  ['ThrottlingException', 'Too many tokens, please wait before trying again.'],
  [null, 'max_tokens: 300000 > 64000, which is the maximum allowed number of output tokens'],
  [null, 'context canceled'],
  ['ValueError', 'the window is too small'],
  [null, 'RESOURCE_EXHAUSTED: Quota exceeded for input tokens per day'],
]

test('a time limit is known by the error type, or by a phrase that says that time ran out', () => {
  for (const [type, message] of TIMEOUTS) assert.ok(isTimeout(type, message), `${type}: ${message}`)
})

test('the word timeout alone is the name of a parameter, a column or an option', () => {
  for (const [type, message] of NO_TIMEOUTS)
    assert.ok(!isTimeout(type, message), `${type}: ${message}`)
})

test('a context that is too small is known in the words of every vendor', () => {
  for (const [type, message] of OVERFLOWS)
    assert.ok(isContextOverflow(type, message), `${type}: ${message}`)
})

test('limits of rate, quota and output are no context overflow, though they count tokens', () => {
  for (const [type, message] of NO_OVERFLOWS)
    assert.ok(!isContextOverflow(type, message), `${type}: ${message}`)
})
