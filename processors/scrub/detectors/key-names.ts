// What the name of a field, header or variable says about its value: `authorization`, `db_password` and
// `openai_api_key` hold secrets; `max_tokens`, `cache_key` and `password_reset_requested_at` do not.
// Used for attribute keys (once for each key) and for names found inside values.

import type { KeyMeaning } from '../value/key-meaning.ts'
import { FIELD_HINT, NO_MEANING } from '../value/key-meaning.ts'
import { AMBIGUOUS_WORD, isPasswordWord } from './password-words.ts'

const KNOWN_MAX = 8192
const known = new Map<string, KeyMeaning>()

const PASSWORD =
  /^(?:(?:pass|ass|ss)word|pass(?:word|wd|wort|phrase|code|ord|ordet)?s?|pwd|passw|psw|pswd|pword|pswrd|mdp|psk|wpapsk|pw|senhas?|contrasenas?|contraseñas?|contrasenya|motdepasse|dbpass|pgpassword|requirepass|masterauth|(?:bind|root|admin|ldap|smtp|mail)pw|(?:user|ssh|remote|local|imap|smtp|mail|ftp|svn|http|proxy|auth|key|store|cert|ssl|ldap|bind|root|admin)pass|mysqlpwd|passe|kennwort|zugangswort|wachtwoord|lösenord(?:et)?|losenord(?:et)?|hasł(?:o|a|em)|has[l]o|hesl[oa]|jelsz(?:ó|o|ava|avam|avát)|parola|clave|[şs]ifre(?:si|niz|m|miz|yi)?|salasana(?:ni|si)?|adgangskoden?|khẩu|sandi(?:nya)?|密码|密碼|口令|パスワード|暗証番号|비밀번호|암호|п?арол[а-яё]{1,3}|κ?ωδικό[ςύ]?|รหัสผ่าน|סיסמה|סיסמא|המרור|المرور|السر|पासवर्ड)$/
/** Words that also mean something else: the value must look like a password by itself. */
const WEAK_PASSWORD = /^(?:pass|pw|psw|mdp|psk|parola|clave|passe|암호|κ?ωδικό[ςύ]?|passcode)$/
const ENDS_PASSWORD =
  /(?:password|passwd|passphrase|passwort|wachtwoord|kennwort|lösenord|passord|hasło|heslo)$|(?:passwort|kennwort|wachtwoord|lösenords?|passord)(?:feld|eingabe|veld|fältet?|felt)$/
/** Keys and tokens in other languages. */
const FOREIGN_SECRET =
  /(?:密钥|密鑰|令牌|トークン|토큰|токен|jeton|geheimnis|segredo|secreto|sekret|시크릿|시크릿키|シークレット|密匙|權杖|权杖|凭证|憑證|授权码|授權碼|秘钥|секрет|секрета|zugangscode)$/
const FOREIGN_KEY =
  /(?:schl(?:ü|ue)ssel|clé|clave|llave|chave|chiave|sleutel|nyckel|nøgle|avain|klucz|klíč|ključ|kľúča?|kunci|khóa|cheie|anahtar(?:ı|ım|ınız|ınızı)?|kulcs|ключ|ключа|κ?λειδί|مفتاح|מפתח|कुंजी|คีย์|キー|키|鍵|キ―)$/

/** Commands that are called after passwords. */
const COMMANDS = /^(?:ht|vnc|mk|ch|smb|ldap|sasl|gpg|ks)passwd2?$/

/** Words that make a name describe a secret instead of holding one. */
const ABOUT = new Set(
  'hash,hashed,digest,reset,resets,length,len,policy,field,fields,min,max,requested,changed,change,expires,expiry,expired,expiration,strength,hint,updated,created,at,required,encoder,manager,url,uri,endpoint,file,path,name,type,count,counts,limit,limits,budget,usage,used,rotation,rotated,age,ttl,version,enabled,valid,validator,provider,label,format,prompt,question,id,ids,arn,ref,index,form,input,error,status,rate,per,size,total,cost,price,details,generator,handling,store,stored,storage,class,placeholder,source,mode,rule,rules,pattern,regex,attempts,retries,list,map,set,ref,selector,stdin,fd,env,command,cmd'.split(
    ',',
  ),
)
const NOT_TOKEN = new Set(
  'page,next,prev,previous,cursor,continuation,continue,sync,pagination,max,min,input,output,prompt,completion,cached,cache,total,reasoning,usage,count,eos,bos,pad,unk,mask,sep,stop,special,start,end,first,last,new,num,n,text,audio,image,accepted,rejected,prediction,per,time,lock,fencing,idempotency,dedupe,dedup,cancellation,cancel,design,syntax,lexer,csrf,xsrf,resume'.split(
    ',',
  ),
)
const NOT_KEY = new Set(
  'cache,partition,partitions,primary,foreign,idempotency,dedupe,dedup,sort,s3,object,public,pub,row,routing,message,dict,map,json,hash,range,shard,any,press,arrow,enter,escape,shift,index,group,unique,composite,surrogate,natural,join,lookup,metric,label,tag,attribute,attr,config,property,column,field,record,kafka,redis,i18n,translation,locale,item,state,session_state,query,param,parameter,default,feature,flag,blob,bucket,file,storage_path,thread,conversation,user_id,event,trace,span,request,correlation,turnstile_site,site,publishable,kms,crypto,keyring'.split(
    ',',
  ),
)
const KEY_QUALIFIERS = new Set(
  'api,apis,access,auth,authentication,private,secret,encryption,encrypt,signing,sign,signature,account,master,service,deploy,deployment,license,shared,subscription,app,application,admin,functions,function,x,rest,write,ingest,integration,webhook,client,security,hmac,jwt,session,personal,root,server,bearer,storage,openai,anthropic,claude,azure,google,gemini,vertex,mistral,cohere,groq,xai,grok,deepseek,moonshot,kimi,dashscope,qwen,together,replicate,perplexity,nvidia,openrouter,langfuse,langsmith,langchain,wandb,pinecone,weaviate,qdrant,stripe,twilio,sendgrid,mailgun,datadog,dd,sentry,github,gitlab,slack,aws,gcp,bedrock,elevenlabs,huggingface,hf,tavily,serper,serpapi,brave,exa,firecrawl,assemblyai,deepgram,voyage,jina,fireworks,cerebras,sambanova,helicone,portkey,litellm,newrelic,honeycomb,algolia,mapbox,maps,newsapi,weather,gateway,vendor,heroku,hubspot,snyk,sumo,sumologic,subscription,bing,sonar,rapidapi,fernet,lambda,runpod,modal,cartesia,rime,hume,stability,replicate,baseten,anyscale,deepinfra,novita,hyperbolic,unify,arize,braintrust,posthog,segment,amplitude,mixpanel,rollbar,bugsnag,pagerduty,opsgenie,notion,linear,airtable,figma,miro,asana,trello,zendesk,intercom,resend,postmark,mailchimp,brevo,shopify,paypal,square,adyen,plaid,coinbase,binance,kraken,alchemy,infura,etherscan,openweather,openweathermap,finnhub,polygon,alphavantage,tmdb,giphy,unsplash,pexels,ipinfo,ipstack,hunter,clearbit,apollo,scrapingbee,scraperapi,browserless,apify,zyte,typesense,meilisearch,supabase,firebase,vercel,netlify,cloudflare,fastly,digitalocean,linode,vultr,hetzner,scaleway,databricks,snowflake,confluent,upstash,planetscale,neon,fal,ark,volc,volcengine,doubao,baseten,lepton,zhipu,zhipuai,glm,minimax,agentops,composio,mem0,letta,qianfan,hunyuan,tencent,baidu,siliconflow,nebius,featherless,chutes,ai21,nomic,zilliz,milvus,turbopuffer,browserbase,hyperbrowser,e2b,daytona,retell,vapi,twelvelabs,ideogram,heygen,unseal,aes,des3,cbc,gcm,ctr,luks,cipher,decryption,decrypt,symmetric'.split(
    ',',
  ),
)
const HEADERS =
  /(?:^|[._-])(?:proxy[-_])?authori[sz]ation$|(?:^|[._-])x[-_](?:api|goog[-_]api|amz[-_]security)[-_](?:key|token)$|(?:^|[._-])(?:ocp[-_]apim[-_]subscription[-_]key|x[-_](?:auth|access|vault|github|gitlab|functions|shopify[-_]access|subscription)[-_](?:token|key))$/
const WHOLE_KEY =
  /(?:^|[._-])api[-_]?key$|client[-_]?key[-_]?data$|(?:^|[._-])pre[-_]?shared[-_]?key$|(?:client|app|consumer|shared|signing|webhook)[-_]?secret$|(?:secret[-_]?(?:access[-_]?)?key(?:[-_]?base)?|private[-_]?key)$/

/** What of a longer name is judged, its end: a sender may send a megabyte of key, and splitting it takes its square. */
const NAME_MAX = 512

/** The meaning of a name; cached. Example: `DB_PASSWORD` -> password, `gen_ai.usage.input_tokens` -> none. */
export function keyMeaning(fullName: string): KeyMeaning {
  const name = fullName.length > NAME_MAX ? fullName.slice(-NAME_MAX) : fullName
  const hit = known.get(name)
  if (hit !== undefined) return hit
  if (known.size >= KNOWN_MAX) known.clear()
  const meaning = judge(name)
  known.set(name, meaning)
  return meaning
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9\u0080-\u2018\u201a-\uffff]+/)
    .filter((w) => w !== '' && !/^\d+$/.test(w))
}

/** `password2`, `SECRET_KEY_1`, `privateKeyBase64`, `secret_value`: a number or a form behind the name. */
const NUMBERED_NAME = /(?<=[a-z]{3})\d{1,2}$/
const FORM_OF_VALUE = /^(?:base64|b64|pem|hex|string|str|plain|plaintext|cleartext)$/

function withoutForm(words: string[]): string[] {
  const last = words.at(-1) ?? ''
  const isForm =
    FORM_OF_VALUE.test(last) ||
    (last === 'value' && /^(?:secret|password)$/.test(words.at(-2) ?? ''))
  if (words.length > 1 && isForm) return words.slice(0, -1)
  return NUMBERED_NAME.test(last) ? [...words.slice(0, -1), last.replace(NUMBERED_NAME, '')] : words
}

const FOREIGN_NAME =
  /^(?:(?:clave|chave) (?:d[ea] )?(?:api|ac[ce]e?ss?o|secreta)|(?:token|jeton) (?:de |di |d )(?:api|ac{1,2}es{1,2}o|acc[eè]s))$/

function judge(name: string): KeyMeaning {
  const lower = name.toLowerCase()
  const all = wordsOf(name)
  const words = withoutForm(all)
  const last = words[words.length - 1] ?? ''
  const before = words[words.length - 2] ?? ''
  const hints = hintsOf(lower, all)
  if (/(?:^|[._-])(?:set[-_])?cookies?2?$/.test(lower) && before !== 'accept')
    return { kind: 'cookie', strength: 'whole', hints }
  if (HEADERS.test(lower)) return { kind: 'header', strength: 'whole', hints }
  if (/^gen_ai\.(?:usage|request\.model|response\.model|token)/.test(lower))
    return { ...NO_MEANING, hints }
  if (FOREIGN_NAME.test(words.join(' '))) return { kind: 'secret', strength: 'weak', hints }
  const about =
    COMMANDS.test(last) || words.some((w, i) => i > 0 && ABOUT.has(w) && i === words.length - 1)
  if (!about && (words.some(isPassword) || ENDS_PASSWORD.test(last))) {
    const bare = words.some((w) => w === 'pass') && !PASSWORD.test(last.replace(/^pass$/, ''))
    const noun = bare && last !== 'pass'
    const isWeak = words.length === 1 && (WEAK_PASSWORD.test(last) || AMBIGUOUS_WORD.test(last))
    if (!noun) return { kind: 'password', strength: isWeak ? 'weak' : 'whole', hints }
  }
  return { ...secretKind(lower, last, before, words), hints }
}

function isPassword(word: string): boolean {
  return PASSWORD.test(word) || isPasswordWord(word)
}

function secretKind(
  lower: string,
  last: string,
  before: string,
  words: readonly string[],
): KeyMeaning {
  if (WHOLE_KEY.test(lower) && !NOT_KEY.has(before)) return secret('whole')
  if (last === 'apikey' || last === 'hapikey' || JOINED_WORDS.test(last)) return secret('whole')
  if (last === 'secret' || last === 'secrets') return secret(words.length > 1 ? 'whole' : 'weak')
  if (TOKEN_WORD.test(last)) return { kind: 'token', strength: 'weak', hints: 0 }
  if (lower.endsWith('_auth') && words.length === 1) return secret('weak')
  if (last === 'token' || last === 'authtoken') {
    if (NOT_TOKEN.has(before)) return NO_MEANING
    return { kind: 'token', strength: before === '' ? 'weak' : 'whole', hints: 0 }
  }
  if (last === 'key' || last === 'keys') return keyKind(before, words)
  return rarerSecretKind(last, before)
}

function rarerSecretKind(last: string, before: string): KeyMeaning {
  if (last === 'auth' && /^(?:key|token)$/.test(before)) return secret('weak')
  if (last === 'auth' && /^(?:redis|rediscli|smtp|registry|docker|npm|proxy)$/.test(before))
    return secret('weak')
  if (last === 'authentication' && /^(?:x|)$/.test(before)) return secret('weak')
  if (last === 'team' && before === 'honeycomb') return secret('whole')
  // A private key of a wallet in its import format.
  if (last === 'wif' || PRIVATE_KEY_CALL.test(last)) return secret('whole')
  if (last === 'tokens' && TOKENS_OF.test(before))
    return { kind: 'token', strength: 'weak', hints: 0 }
  if (/^(?:credentials?|creds?)$/.test(last) || FOREIGN_SECRET.test(last)) return secret('weak')
  return FOREIGN_KEY.test(last) ? { ...secret('weak'), needsQualifier: true } : NO_MEANING
}

const JOINED_WORDS =
  /^(?:client|app|consumer|api|auth|access|private|secret|shared)(?:secret|token|key|apikey)$/
/** `Zugriffstoken` in one word. */
const TOKEN_WORD = /^(?:zugriffs|zugangs|toegangs|åtkomst|api|auth|access|refresh|bearer)token$/
const TOKENS_OF = /^(?:|api|access|auth|refresh|secret|bearer)$/

const PRIVATE_KEY_CALL = /^(?:import|dump)?privkey$/

function secret(strength: KeyMeaning['strength']): KeyMeaning {
  return { kind: 'secret', strength, hints: 0 }
}

function keyKind(before: string, words: readonly string[]): KeyMeaning {
  if (words.includes('secret') || words.includes('private')) return secret('whole')
  return KEY_QUALIFIERS.has(before) && !NOT_KEY.has(before) ? secret('weak') : NO_MEANING
}

/** `cache key`, `primary key`: a key of something else than a service. */
export function isKeyOfOther(before: string): boolean {
  return NOT_KEY.has(before)
}

const IDENTIFIERS = new Set(
  'id,ids,uid,uuid,guid,oid,pid,tid,xid,txid,seed,bytes,offset,timestamp,ts,seq,sequence,cursor,checksum,ns,us,ms,nanos,micros,millis,duration,count,counts,counter,rows,rowcount,size,length,total,index,position,version,revision,rev,epoch,nonce,serial,sku,barcode,ean,gtin,upc,isbn,issn,imei,imsi,iccid,meid,crc,etag,lsn,snowflake,hash,ref,reference,tracking,watermark,run,job,tweet,channel,guild,batch,ticket,invoice,parcel,shipment,commit,pr,msg,chatid,postid'.split(
    ',',
  ),
)
const NUMBERED =
  /^(?:order|invoice|ticket|tracking|serial|case|request|booking|shipment|batch|build|version|part|item|product|lot|transaction|reference|customer|member|membership|loyalty|contract|policy|claim|document|file|receipt|parcel|package|delivery|flight|reservation|confirmation|article|model|job|run|session|conversation|thread|message|sequence|revision|row|line|page|port|process|record|asset|device|meter|patient|employee|student|issue|incident|change)$/
const NUMBER_WORD = /^(?:number|no|nr|num|nbr|code|numero|nummer)$/
/** `orderno`, `userid`, in one word. */
const IDENTIFIER_WORD =
  /^(?:(?:order|invoice|ticket|tracking|serial|case|request|booking|batch|build|part|item|product|transaction|reference|customer|member)(?:no|nr|num|number|nummer)|(?:user|session|thread|conversation|chat|customer|account|member|request|response|message|trace|span|run|order|event|item|job|task|call|client|device|visitor|enduser|tenant|org|project|parent)ids?)$/
const PAYING = /^(?:cards?|pan|cc|creditcard|cardnumber|payments?|visa|mastercard|amex)$/

/** `order_id`, `invoice number`, `size_bytes`, `order_id_str`; not `card_id`. */
function isIdentifierName(words: readonly string[]): boolean {
  const n = words.length
  const last = words[n - 1] ?? ''
  const before = words[n - 2] ?? ''
  const isNumbered = NUMBER_WORD.test(last) && NUMBERED.test(before)
  const isId = IDENTIFIERS.has(last) || IDENTIFIER_WORD.test(last) || before === 'id'
  return (isNumbered || isId) && !words.some((w) => PAYING.test(w))
}

/** Who or what a field may name without saying `id`. */
const NAMED =
  /^(?:end)?(?:user|customer|member|account|visitor|guest|subscriber|patient|employee|student|participant|actor|sender|caller|tenant|org|organi[sz]ation|workspace|session|conversation|thread|chat|device|subject|identity|login|username)s?$/
const ID_WORD = /^(?:ids?|uid|uuid|guid|userid|identifier|identity|login|username|sub|handle)$/
/** Ways to reach somebody, which serve as ids: `user.email`. */
const CONTACT = /^(?:e?mail|phone|mobile|msisdn|telephone|tel|address)$/

/** `user.id`, `sessionId`, `llm.user`, `customer_email`, `conversation_id_otel`; not `users_count` and not `message`. */
function isIdentityName(words: readonly string[]): boolean {
  const n = words.length
  const last = words[n - 1] ?? ''
  const before = words[n - 2] ?? ''
  if (words.some((w) => PAYING.test(w))) return false
  if (ID_WORD.test(last) || IDENTIFIER_WORD.test(last) || NAMED.test(last)) return true
  return before === 'id' || (CONTACT.test(last) && NAMED.test(before))
}

function hintsOf(lower: string, words: readonly string[]): number {
  let h = 0
  if (/ssn|social[-_. ]?sec|taxpayer|tax[-_. ]?id/.test(lower)) h |= FIELD_HINT.SSN
  if (/itin/.test(lower)) h |= FIELD_HINT.ITIN
  if (
    words.some(
      (w) => w === 'card' || w === 'pan' || w === 'creditcard' || w === 'cardnumber' || w === 'cc',
    )
  )
    h |= FIELD_HINT.CARD
  if (
    words.some((w) =>
      /^(?:phone|telephone|tel|mobile|fax|cell|msisdn|whatsapp)(?:number)?$/.test(w),
    )
  )
    h |= FIELD_HINT.PHONE
  if (/passport/.test(lower)) h |= FIELD_HINT.PASSPORT
  if (isIdentifierName(words)) h |= FIELD_HINT.IDENTIFIER
  if (isIdentityName(words)) h |= FIELD_HINT.IDENTITY
  return h
}
