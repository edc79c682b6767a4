// The words of providers, servers and clients for a reached time limit and for a prompt that is too long. Beside each list is a list of
// similar words with another meaning.

const MESSAGE_CHARS_MAX = 2000

// ---------------------------------------------------------------- time limits

/** Error types that mean a time limit, in any spelling: `TimeoutError`, `asyncio.TimeoutError`, `ETIMEDOUT`, `DEADLINE_EXCEEDED`. */
const TIMEOUT_TYPE =
  /(?:^|[^a-z])(?:[a-z]*time(?:d[_ ]?)?_?out(?:error|exception|expired)?|e?timedout|[a-z]*deadline[_ ]?exceeded(?:error|exception)?|408|504|gateway[_ ]?time-?out)$/i
const TYPE_SUFFIX =
  /(?:Timeout|TimedOut|TimeLimitExceeded|DeadlineExceeded)(?:Error|Exception|Expired)?$/

/**
 * The same at the beginning of a message, as errors are printed: `httpx.ReadTimeout: ...`. `readTimeout: must be ..` and
 * `readTimeout: 5 is not ..` name an option.
 */
const TYPE_AT_START =
  /^(?:[a-z]\w*\.){0,6}(?=[A-Z])\w{0,60}?(?:Timeout|TimedOut|TimeLimitExceeded|DeadlineExceeded)(?:Error|Exception|Expired)?(?:: (?!(?:-?\d[\w.]*|"[^"]{0,40}"|'[^']{0,40}') (?:must|should|is not an?)\b|(?:must|should|expected|invalid|input should|field|is|not|cannot|extra|value)\b)|:? ?$)/

/** Error types about an invalid value. With one of these, `timeout` in the message is the name of a parameter or a column. */
const VALUE_TYPE =
  /(?:value|type|key|attribute|index|name|validation|argument|parameter|syntax|lookup|schema|assertion|config|badrequest|bad_request|invalid|notfound|not_found|permission|forbidden|400|401|403|404|422)/i

/** Phrases for a reached time limit. The single word `timeout` is none, because it may name a parameter or a column. */
const TIMEOUT_PHRASE =
  /\btimed[ -]out\b|\bETIMEDOUT\b|\bESOCKETTIMEDOUT\b|\bUND_ERR_\w*TIMEOUT\b|\bdeadline[ _-](?:has been )?exceeded\b|\bcontext deadline exceeded\b|\btime ?-?limit (?:was )?(?:exceeded|reached)\b|\btime(?:out| limit|d out)(?: of)? ?\(?\d[\d.]* ?(?:ms|s|sec|seconds|m|min|minutes|millis\w*)?\)? ?(?:was )?(?:exceeded|reached|expired|elapsed|elapsing|expiring)\b|\b(?:read|connect|connection|request|response|gateway|operation|execution|socket|query|statement|lock|tool|call|command|upstream|server|client|handshake|idle|task|job|script|step|http|dns|rpc|network)[ -]?time-?out\b(?!:? (?:-?\d[\w.]*|"[^"]{0,40}"|'[^']{0,40}'|null|undefined|NaN|true|false) (?:must|should|cannot|has to|is not (?:an?|allowed|valid|supported)\b)|:? (?:must|expected|invalid|input should|parameter|value|argument|option|setting|is not|should|cannot|has to|column|field|property))|\btime-?out (?:error|exceeded|expired|occurred|reached|waiting|while|after|awaiting|during|elapsed|connecting|reading)\b|\bexceeded (?:the |its )?(?:\w+ )?time-?(?:out| limit)\b|\b(?:did not|didn't|failed to) (?:respond|answer|complete|finish|return)\b.{0,30}\b(?:with)?in (?:time|\d)|\btook too long\b|\baborted due to time-?out\b|\bi\/o timeout\b|\bmax(?:imum)? execution time\b.{0,30}\bexceeded\b|\bexecution time\b.{0,30}\b(?:limit|maximum)\b.{0,20}\b(?:exceeded|reached)\b|\bcancell?ing statement due to statement timeout\b/i

/** The same in other languages, of libraries and systems that speak the user's. */
const TIMEOUT_ELSEWHERE =
  /zeit(?:überschreitung|limit (?:überschritten|erreicht))|délai (?:d['’]attente |d['’]exécution )?(?:est )?(?:dépassé|expiré)|tiempo de (?:espera|ejecución) (?:ha )?(?:agotado|excedido|superado|se agotó)|tempo (?:limite|de espera|esgotado)\b.{0,20}(?:esgotado|excedido|atingido)|tempo (?:di attesa )?scaduto|время ожидания (?:истекло|превышено)|(?:истекло|превышено) время ожидания|(?:请求|连接|响应|执行|操作|调用|读取)(?:已)?超时(?!时间|参数|设置|值)|タイムアウト(?:しました|になりました|エラー)|시간 ?초과|przekroczono limit czasu/i

/** Phrases in which `timeout` names a value, a column or a setting. */
const TIMEOUT_NAME =
  /\b(?:invalid|unknown|unexpected|missing|unrecognized|bad|illegal|unsupported|undefined|required|no such|not a)\b.{0,40}\btime[_ -]?d?[_ -]?out\b|\btime[_ -]?d?[_ -]?out\b['"`]?.{0,24}\b(?:must|should|cannot|is not|isn't|not (?:found|defined|allowed|supported)|does not exist|doesn't exist|has to|expected|is required|invalid|is undefined)\b|['"`]time[_ -]?d?[_ -]?out['"`]/i

/** Whether an error says that a time limit was reached; either text may be null. */
export function isTimeout(type: string | null, message: string | null): boolean {
  if (type !== null && (TIMEOUT_TYPE.test(type) || TYPE_SUFFIX.test(type))) return true
  if (message === null) return false
  const text = message.slice(0, MESSAGE_CHARS_MAX)
  if (type !== null && VALUE_TYPE.test(type) && TIMEOUT_NAME.test(text)) return false
  if (TYPE_AT_START.test(text)) return true
  if (!TIMEOUT_PHRASE.test(text)) return TIMEOUT_ELSEWHERE.test(text)
  return !TIMEOUT_NAME.test(text) || /\btimed out\b|\bETIMEDOUT\b/i.test(text)
}

// ---------------------------------------------------------------- contexts

/** Error codes of providers and frameworks for a prompt that is too long. */
const OVERFLOW_CODE =
  /context[_ -]?(?:length|window)[_ -]?(?:is[_ ])?exceed|ContextWindowExceeded|ContextOverflow|prompt[_ -]?too[_ -]?long|input[_ -]?too[_ -]?long|tokens?[_ -]?limit[_ -]?exceeded[_ -]?error|max[_ -]?context[_ -]?length/i

/** Sentences of OpenAI, Azure, Anthropic, Bedrock, Gemini, Vertex, Mistral, Cohere, Groq, vLLM, llama.cpp, Ollama, TGI and others. */
const OVERFLOW_PHRASE =
  /maximum context (?:length|size|window)|context (?:length|window|size|limit)(?: of [\w ,.]{1,30})? ?(?:is |was |has been |would be )?(?:exceeded|too (?:small|short)|overflow)|exceed(?:s|ed|ing)?\b.{0,60}\bcontext[ _-](?:length|window|size|limit)|(?:larger|longer|bigger|greater|more)\b.{0,30}\bthan\b.{0,30}\bcontext|(?:prompt|input|request|message|conversation|text|history|messages|inputs|content)s?\b(?: \w+){0,3} (?:is|are|was|were) too (?:long|large)\b(?! ?(?:to process in|for the (?:file|upload)))|too many (?:input|prompt) tokens|tokens?\b.{0,20}\b(?:in|of) (?:the |your )?(?:prompt|inputs?|messages?)\b.{0,20}\b(?:cannot|can ?not|can't|must not|may not|should not) exceed|input token count\b.{0,40}\bexceeds|(?:input|prompt)\b.{0,40}\btokens?\b.{0,40}\b(?:exceeds?|exceeded|(?:is|are) (?:greater|more|larger|longer) than)\b.{0,60}\b(?:max|limit|allowed|support)|(?:exceeds?|exceeded|over|above|beyond)\b.{0,30}\b(?:max(?:imum)?|allowed|limit)\b.{0,40}\binput tokens?\b|inputs? (?:tokens?|length)\b.{0,30}\b(?:must be|should be|cannot be|has to be)\b.{0,20}(?:<=|less|at most|no more|under|below|shorter)|`?inputs`? tokens \+ `?max_new_tokens`? must be|exceed(?:s|ed)? (?:the )?(?:available )?context|does ?n[o']t fit (?:in|into|within) (?:the )?(?:\w+ ){0,3}context|please reduce the length of (?:the|your) (?:messages|prompt|input)|range of input length should be|\b(?:prompt|conversation|context|input)(?: length)? exceeds? (?:the )?max(?:imum)?(?: allowed)? length\b(?! of \d{1,3}\b)|\b(?:messages?|input|prompt|content|instructions|contents)\b[\w.[\]]{0,30}['"`]?: (?:string|text) (?:is )?too long|(?:上下文|输入|提示|prompt|tokens?).{0,10}(?:超过|超出|超长|过长|太长)/i
/** The same for sentences with a number: `input token count is 40000 but model only supports up to 32768`. */
const OVERFLOW_COUNT =
  /\b(?:input|prompt|request|context) token(?:s| count)\b.{0,40}\b(?:supports?|allows?|limited to|max(?:imum)?)\b.{0,20}\d|\b(?:prompt|context) length\b.{0,40}\b(?:supports?|allows?|limited to|max(?:imum)?)\b.{0,20}\d|\btoo many tokens: |\bexpected maxLength: \d+, actual: \d+|\binputs?\b[`'"]? must have (?:less|fewer) than \d+ tokens|\bmaximum prompt length\b.{0,30}\bbut\b|\bcontext length of (?:only )?\d|\b(?:longer|larger|greater) than the (?:maximum )?(?:model|sequence|context|input|prompt)(?:'s)?(?: maximum)? (?:length|size|window|len)|\bexceed(?:s|ed|ing)? (?:the )?(?:model(?:'s)?|max(?:imum)?|total) (?:max(?:imum)? )?(?:(?:message |input |request )?tokens?|sequence|prompt|context)\b(?! per\b)|\bmax(?:imum)? (?:input|prompt|context|sequence)\b.{0,20}\b(?:tokens?|length)\b.{0,20}\bexceeded|\btokens? in (?:your|the|this) (?:request|prompt|input|conversation|messages?)\b.{0,30}\bexceed|\btokens\b.{0,20}\bbut\b.{0,40}\b(?:context (?:window|length|size)|maximum)\b|\b(?:prompt|sequence|conversation)(?: token)? (?:length|len|count)\b.{0,20}(?:\bexceed|>)|\b(?:input )?token count\b.{0,20}\bexceeds?\b.{0,20}\b(?:model|context|window|maximum)\b|\b(?:prompt|input|conversation|context) too (?:long|large)\b/i
/** In other languages. */
const OVERFLOW_ELSEWHERE =
  /(?:maximale?|zulässige)\w* (?:kontextlänge|eingabelänge|kontextfenster)|kontext(?:fenster|länge)\b.{0,30}(?:überschr|übersch|zu lang)|longueur maximale d[ue] (?:contexte|l['’]entrée|prompt)|fenêtre de contexte\b.{0,30}(?:dépass|excéd)|(?:longitud|ventana) (?:máxima )?de(?:l)? contexto\b.{0,40}(?:exced|super)|(?:excede|supera)\b.{0,30}(?:longitud|ventana) (?:máxima )?de(?:l)? contexto|(?:コンテキスト|入力|プロンプト).{0,16}(?:超え|超過|長すぎ)|(?:컨텍스트|입력|프롬프트).{0,16}(?:초과|너무 깁)|контекст\S*.{0,30}(?:превыш|длин)|превыш\S*.{0,30}контекст/i

/** Other limits that count tokens: rates, quotas, credit, and the requested length of the answer. */
const OTHER_LIMIT =
  /rate[_ -]?limit|too many requests|\b429\b|per[- ](?:min|minute|day|hour|second)|\b[TR]P[MD]\b|quota|insufficient[_ ](?:funds|credit|balance|quota)|resource[_ ]exhausted|throttl|\btokens? ?\/ ?(?:min|day)|try again in|billing|afford/i
const OUTPUT_LIMIT =
  /max(?:_completion|_output|_new|imum output|completion)?[_ ]?tokens?\b.{0,40}\b(?:is |are )?(?:too (?:large|big|high)|must be|cannot exceed|exceeds?|>)|at most \d[\d,]* (?:completion|output) tokens|maximum (?:allowed )?number of output tokens|\b(?:output|completion) tokens\b.{0,20}\bbut\b.{0,20}\bmaximum/i
const IS_INPUT = /\b(?:inputs?|prompts?|messages?|context)\b/i

/** Whether an error says that the prompt did not fit into the model's context; either text may be null. */
export function isContextOverflow(type: string | null, message: string | null): boolean {
  const text = (message ?? '').slice(0, MESSAGE_CHARS_MAX)
  if (type !== null && OVERFLOW_CODE.test(type)) return true
  if (OTHER_LIMIT.test(text) || (type !== null && OTHER_LIMIT.test(type))) return false
  if (OVERFLOW_CODE.test(text)) return true
  if (OUTPUT_LIMIT.test(text) && !/context/i.test(text) && !IS_INPUT.test(text)) return false
  return OVERFLOW_PHRASE.test(text) || OVERFLOW_COUNT.test(text) || OVERFLOW_ELSEWHERE.test(text)
}
