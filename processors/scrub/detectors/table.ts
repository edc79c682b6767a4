// The detectors, one row each. A row says which literals lead to it (`anchors`, found by the kernel), what
// the secret looks like (`shape`), what proves or refutes it, and whether it is on without being asked.
// Leaves to others how a shape is matched: `matchers/`.

import type { SetName } from '../value/bytes.ts'
import { IBAN_LENGTH } from '../value/checksums.ts'

/** A literal start and a body of one character set. */
export interface TokenShape {
  readonly kind: 'token'
  readonly body: SetName
  readonly min: number
  /** A longer run is refused; default: no bound, the whole run is masked. */
  readonly max?: number
  /** Needs at least this entropy (bits a character) of the body. */
  readonly entropy?: number
  /** The body must hold a digit. */
  readonly digit?: true
  /** The body must hold this literal. */
  readonly holds?: string
  /** May go on as a JWT does: dots with more behind them. */
  readonly dotted?: true
  /** Tail checksum that raises confidence; the token is masked either way. */
  readonly crc?: true
}

/** A form that needs its own code, by name: see `matchers/table.ts`. */
export interface CodeShape {
  readonly kind: 'code'
  readonly run: CodeName
}

/** A value of a fixed form within `reach` bytes after a vendor's name. */
export interface NearShape {
  readonly kind: 'near'
  readonly body: SetName
  readonly lengths: readonly number[]
  readonly reach: number
  readonly entropy: number
}

// biome-ignore format: a list of names
export type CodeName =
  | 'openai' | 'openai_compat' | 'aws_key_id' | 'aws_secret' | 'bearer' | 'basic' | 'jwt' | 'cookie' | 'email' | 'card' | 'ssn'
  | 'itin' | 'iban' | 'phone' | 'ipv4' | 'ipv6' | 'pem' | 'gcp' | 'azure_sas' | 'azure_secret' | 'gitlab' | 'mailgun' | 'mailchimp'
  | 'command' | 'login' | 'session_id' | 'iban_word' | 'iban_start' | 'auth_value' | 'email_words' | 'number_column' | 'slack_hook' | 'discord_hook' | 'telegram' | 'sendgrid' | 'atlassian' | 'terraform' | 'url' | 'password' | 'secret_value' | 'base64' | 'passport' | 'telegram_url' | 'kubernetes_secret'

export interface Detector {
  /** Type name: in markers, metrics and configuration. */
  readonly id: string
  readonly title: string
  readonly group: 'token' | 'header' | 'personal' | 'key material' | 'context'
  /** Literals; lower-case letters match either case when `anyCase`. */
  readonly anchors: readonly string[]
  readonly anyCase?: true
  /** What must not stand left of the anchor: `alnum`, `word` ([A-Za-z0-9_-]) or `any` (no condition). */
  readonly left: 'alnum' | 'word' | 'any'
  /** A name may stand there all the same when the body looks drawn at random (`matchers/glued-tokens.ts`). */
  readonly gluable: boolean
  readonly shape: TokenShape | CodeShape | NearShape
  /** Checksum or rule that must hold, in words. */
  readonly check?: string
  /** What is not taken for it, in words. */
  readonly guard?: string
  readonly context?: string
  /** Default on. */
  readonly on: boolean
  /** Wins over a lower rank where two overlap. 0 generic .. 9 exact. */
  readonly rank: number
  /** Few possible values: a pseudonym of it could be found by trying them all, so none is made unless asked. */
  readonly guessable?: true
  /** Type name of the row's second form, where one matcher reports two. */
  readonly also?: string
}

const code = (run: CodeName): CodeShape => ({ kind: 'code', run })
const body = (set: SetName, min: number, more: Partial<TokenShape> = {}): TokenShape => ({
  kind: 'token',
  body: set,
  min,
  ...more,
})
const near = (set: SetName, lengths: readonly number[], entropy: number): NearShape => ({
  kind: 'near',
  body: set,
  lengths,
  reach: 60,
  entropy,
})

const token = (
  id: string,
  title: string,
  anchors: readonly string[],
  shape: TokenShape | CodeShape,
  more: Partial<Detector> = {},
): Detector => ({
  id,
  title,
  group: 'token',
  anchors,
  left: 'alnum',
  gluable: (more.group ?? 'token') === 'token',
  shape,
  on: true,
  rank: 7,
  ...more,
})

const vendor = (
  id: string,
  title: string,
  names: readonly string[],
  shape: NearShape,
): Detector => ({
  id,
  title,
  group: 'context',
  anchors: names,
  anyCase: true,
  left: 'any',
  gluable: false,
  shape,
  context: names.join(', '),
  on: true,
  rank: 4,
})

// biome-ignore format: a table, one row a detector
export const DETECTORS: readonly Detector[] = [
  // Model providers
  token('openai_key', 'OpenAI API key', ['sk-'], code('openai'), { left: 'word', rank: 9, check: 'fixed middle marker, or 40 characters after a project, service or admin prefix', guard: 'words such as task- and risk-; placeholders' }),
  token('openai_compat_key', 'OpenAI-compatible key (DeepSeek, Moonshot, DashScope)', ['sk-'], code('openai_compat'), { left: 'word', rank: 6, check: 'entropy above 3 bits a character, a digit', guard: 'CSS classes, locale names' }),
  token('anthropic_key', 'Anthropic API, admin and OAuth key', ['sk-ant-'], body('word_dash', 24), { rank: 9, guard: 'placeholders' }),
  token('openrouter_key', 'OpenRouter key', ['sk-or-v1-', 'sk-or-'], body('hex', 32), { rank: 9 }),
  token('langfuse_secret', 'Langfuse secret key', ['sk-lf-'], body('word_dash', 32), { rank: 9, guard: 'pk-lf- is public' }),
  token('huggingface_token', 'Hugging Face token', ['hf_', 'api_org_'], body('alnum', 30), { guard: 'variable names' }),
  token('groq_key', 'Groq key', ['gsk_'], body('alnum', 40)),
  token('xai_key', 'xAI key', ['xai-'], body('word', 60)),
  token('replicate_token', 'Replicate token', ['r8_'], body('alnum', 30)),
  token('perplexity_key', 'Perplexity key', ['pplx-'], body('alnum', 40)),
  token('nvidia_key', 'NVIDIA API key', ['nvapi-'], body('word_dash', 48)),
  token('elevenlabs_key', 'ElevenLabs key', ['sk_'], body('hex', 48, { max: 48 }), { guard: 'Stripe keys' }),
  token('pinecone_key', 'Pinecone key', ['pcsk_'], body('word', 40)),
  token('langsmith_key', 'LangSmith key', ['lsv2_pt_', 'lsv2_sk_'], body('word', 32)),
  vendor('cohere_key', 'Cohere key', ['cohere', 'co_api_key'], near('alnum', [40], 4)),
  vendor('mistral_key', 'Mistral key', ['mistral'], near('alnum', [32], 4)),
  vendor('together_key', 'Together key', ['together_api', 'together.ai', 'togetherai', 'together ai'], near('hex', [64], 3)),
  vendor('wandb_key', 'Weights & Biases key', ['wandb'], near('hex', [40], 3)),
  vendor('azure_openai_key', 'Azure OpenAI key', ['.openai.azure.com', 'azure_openai', 'azure openai', 'azureopenai'], near('alnum', [32, 84], 3)),
  token('azure_openai_key', 'Azure OpenAI key, long form', ['JQQJ99'], { kind: 'code', run: 'azure_secret' }, { left: 'any', rank: 8 }),
  token('ai_vendor_key', 'Key of another model or search provider', ['csk-', 'fw_', 'tvly-', 'jina_', 'llx-', 'fc-', 'e2b_', 'rpa_', 'tgp_v1_', 'pa-', 'vck_', 'wandb_v1_', 'sk_car_', 'bfl_', 'ek_', 'crsr_', 'msy_'], body('word_dash', 24, { digit: true, entropy: 3.3 }), { left: 'word', guard: 'names of variables and classes' }),
  // Clouds
  token('aws_access_key_id', 'AWS access key id', ['AKIA', 'ASIA', 'ABIA', 'ACCA', 'A3T'], code('aws_key_id'), { rank: 8, check: '16 of base32, entropy at least 3', guard: 'ends in EXAMPLE; AROA and AIDA are ids' }),
  token('aws_secret_key', 'AWS secret access key', ['ecret'], code('aws_secret'), { anyCase: true, left: 'any', rank: 8, check: 'mixed case and digit, entropy above 3.8', guard: '40 hex is a git SHA; sha1- integrity', context: 'secret, or an access key id within 200 characters' }),
  token('aws_session_token', 'AWS session token', ['IQoJb3JpZ2lu', 'FwoGZXIvYXdz', 'FQoGZXIvYXdz'], body('base64', 60), { left: 'any', rank: 8 }),
  token('aws_presign_sig', 'AWS presigned URL signature', ['x-amz-signature'], code('azure_sas'), { anyCase: true, left: 'any', rank: 8 }),
  token('bedrock_key', 'Bedrock API key', ['ABSK', 'bedrock-api-key-'], body('base64_any', 60), { rank: 8 }),
  token('google_api_key', 'Google API key', ['AIza'], body('word_dash', 35, { entropy: 3 }), { rank: 8, guard: 'documented samples' }),
  token('google_api_key', 'Gemini key, the form of 2026', ['AQ.Ab'], body('word_dash', 30, { digit: true, entropy: 3 }), { rank: 8 }),
  token('google_oauth_token', 'Google refresh token', ['1//0'], body('word_dash', 38, { digit: true, entropy: 3.5 }), { rank: 8 }),
  token('google_oauth_token', 'Google OAuth token or client secret', ['ya29.', 'GOCSPX-'], body('word_dot_dash', 10), { rank: 8 }),
  token('gcp_service_account', 'Google service account key id', ['private_key_id'], code('gcp'), { group: 'key material', left: 'any', rank: 8 }),
  token('azure_storage_key', 'Azure storage account key', ['accountkey', 'sharedaccesskey'], code('secret_value'), { anyCase: true, left: 'any', rank: 8, check: '64 bytes decoded' }),
  token('azure_sas', 'Azure shared access signature', ['sig='], code('azure_sas'), { anyCase: true, rank: 8, check: '40 or more of url-encoded base64, and sv= or se= near', guard: 'other sig= parameters' }),
  token('azure_client_secret', 'Azure AD client secret', ['Q~'], code('azure_secret'), { left: 'any', rank: 8, check: 'three and a digit before, 31..34 after' }),
  token('digitalocean_token', 'DigitalOcean token', ['dop_v1_', 'doo_v1_', 'dor_v1_'], body('hex', 60)),
  token('databricks_token', 'Databricks token', ['dapi'], body('hex', 32, { max: 34 })),
  token('vault_token', 'HashiCorp Vault token', ['hvs.', 'hvb.', 'hvr.'], body('word_dash', 24)),
  token('terraform_token', 'Terraform Cloud token', ['.atlasv1.'], code('terraform'), { left: 'any' }),
  token('doppler_token', 'Doppler token', ['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.'], body('word_dot_dash', 40)),
  token('cloud_vendor_token', 'Token of another cloud', ['cfut_', 'cfat_', 'cfk_', 'pscale_tkn_', 'pscale_pw_', 'pscale_oauth_', 'napi_', 'sb_secret_', 'nfp_', 'rnd_', 'HRKU-', 'fm1_', 'fm2_', 'FlyV1 fm2_', 'scw-secret-', 'LTAI', 'ntn_', 'tskey-', 'ops_eyJ', 'pul-', 'dt0c01.', 'dt0s01.', 'hcaik_', 'hcxik_', 'NRAK-', 'NRJS-', 'NRII-', 'AQVN', 'CCIPAT_', 'bkua_', 'squ_', 'sqp_', 'sqa_', 'phx_', 'phs_', 'rubygems_', 'AKCp', 'sgp_', 'pnu_', 'dbtc_', 'dbtu_', 'CFPAT-', 'AGE-SECRET-KEY-1', 'vcp_', 'vci_', 'vca_', 'vcr_', 'EZAK', 'EZTK'], body('word_dot_dash', 26, { digit: true, entropy: 3 }), { left: 'word', guard: 'names of variables and hosts' }),
  // Code hosting, packages, containers
  token('github_token', 'GitHub token', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], body('word', 36, { crc: true, dotted: true }), { rank: 8, check: 'CRC32 tail gives confidence; masked either way; the form of 2026 goes on as a JWT', guard: 'runs of x' }),
  token('github_token', 'GitHub fine-grained token', ['github_pat_'], body('word', 50), { rank: 8 }),
  token('gitlab_token', 'GitLab token', ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glimt-', 'glagent-', 'gloas-', 'glsoat-'], code('gitlab')),
  token('npm_token', 'npm token', ['npm_'], body('alnum', 36, { crc: true }), { guard: 'npm_config_ variables' }),
  token('pypi_token', 'PyPI token', ['pypi-AgE'], body('word_dash', 50)),
  token('docker_token', 'Docker token', ['dckr_pat_', 'dckr_oat_'], body('word_dash', 24)),
  token('postman_key', 'Postman key', ['PMAK-'], body('word_dash', 48)),
  // Business services
  token('stripe_key', 'Stripe key', ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'sk_prod_', 'rk_prod_', 'whsec_'], body('alnum', 10), { rank: 8, guard: 'pk_live_ is public' }),
  token('slack_token', 'Slack token', ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxe-', 'xoxe.', 'xoxs-', 'xapp-'], body('word_dot_dash', 20, { digit: true })),
  token('slack_webhook', 'Slack webhook', ['hooks.slack.com'], code('slack_hook'), { left: 'any', rank: 9 }),
  token('discord_webhook', 'Discord webhook', ['api/webhooks/'], code('discord_hook'), { left: 'any', rank: 9 }),
  token('telegram_token', 'Telegram bot token in a URL', ['telegram.org/bot'], code('telegram_url'), { left: 'any', check: '8..10 digits, a colon, 33 or more' }),
  token('telegram_token', 'Telegram bot token', [':AA'], code('telegram'), { left: 'any', check: '8..10 digits before, 32 or more after', guard: 'host:port' }),
  token('sendgrid_key', 'SendGrid key', ['SG.'], code('sendgrid')),
  token('mailgun_key', 'Mailgun key', ['key-'], code('mailgun'), { left: 'word', gluable: false, check: '32 hex', guard: 'cache-key- and the like before a digest' }),
  token('saas_vendor_token', 'Mailchimp key', ['-us1', '-us2', '-us3', '-us4', '-us5', '-us6', '-us7', '-us8', '-us9'], code('mailchimp'), { left: 'any', check: '32 hex before' }),
  vendor('twilio_key', 'Twilio key', ['twilio'], near('alnum', [32, 34], 3)),
  token('shopify_token', 'Shopify token', ['shpat_', 'shppa_', 'shpca_', 'shpss_'], body('hex', 32)),
  token('atlassian_token', 'Atlassian token', ['ATATT3', 'ATCTT3xFfG', 'ATBB'], code('atlassian'), { check: 'CRC32 tail' }),
  token('grafana_token', 'Grafana token', ['glsa_', 'glc_eyJ'], body('base64_any', 32)),
  token('saas_vendor_token', 'Token of another service', ['re_', 'xkeysib-', 'xsmtpsib-', 'sq0atp-', 'sq0csp-', 'EAAA', 'EAAC', 'EAAG', 'access_token$production$', 'rzp_live_', 'rzp_test_', 'pat-na1-', 'pat-eu1-', 'tfp_', 'shpua_', 'FLWSECK', 'sk.eyJ', 'mlsn.', 'secret_', 'lin_oauth_', 'figu_', 'PMAT-', 'oy2', 'p8e-', 'fio-u-', 'shippo_live_', 'duffel_live_', 'duffel_test_', 'GR1348941'], body('word_dash', 28, { digit: true, entropy: 3.4 }), { left: 'word', guard: 'names of variables, lower-case words' }),
  token('sentry_token', 'Sentry token', ['sntryu_', 'sntrys_'], body('base64_any', 40)),
  token('linear_key', 'Linear key', ['lin_api_'], body('alnum', 32)),
  token('figma_token', 'Figma token', ['figd_'], body('word_dash', 36)),
  token('supabase_key', 'Supabase key', ['sbp_'], body('hex', 40)),
  // Headers, URLs
  token('bearer_token', 'Bearer credentials', ['earer'], code('bearer'), { group: 'header', anyCase: true, left: 'any', rank: 7, check: 'a digit, or 40 characters', guard: 'prose, realm=, placeholders', context: 'Authorization' }),
  token('basic_auth_header', 'Basic credentials', ['asic'], code('basic'), { group: 'header', anyCase: true, left: 'any', check: 'decodes to printable user:password', context: 'Authorization' }),
  token('basic_auth_header', 'Basic credentials under a name', ['auth"', "auth'", 'auth:', 'auth=', 'auth\\"', 'basic"', "basic'", 'authorization', 'credentials', 'userpass'], code('auth_value'), { group: 'header', anyCase: true, left: 'any', check: 'decodes to printable user:password' }),
  token('jwt', 'JSON Web Token', ['eyJ', 'ewogIC', 'ewoid', 'ewoJ'], code('jwt'), { group: 'header', gluable: true, rank: 6, check: 'header decodes to JSON with alg', guard: 'other base64' }),
  token('session_cookie', 'Cookie values', ['ookie'], code('cookie'), { group: 'header', anyCase: true, left: 'any', rank: 5, guard: 'theme, locale and the like', context: 'cookie, set-cookie' }),
  token('session_cookie', 'Session id of a web framework', ['JSESSIONID', 'PHPSESSID', 'ASP.NET_SessionId', '.ASPXAUTH', 'connect.sid', 'laravel_session', 'remember_token', 'sessionid'], code('session_id'), { group: 'header', left: 'any', rank: 5 }),
  token('db_url_password', 'Password in a database URL', ['://', ':\\/\\/'], code('url'), { group: 'header', left: 'any', rank: 8, guard: 'placeholders, empty', also: 'basic_auth_url' }),
  token('basic_auth_url', 'Password in an http URL', [], code('url'), { group: 'header', left: 'any', rank: 8, guard: 'placeholders, empty' }),
  // Key material
  token('private_key', 'PEM private key', ['-----BEGIN'], code('pem'), { group: 'key material', left: 'any', rank: 9, guard: 'public keys, certificates' }),
  token('b64_openai_key', 'Base64 of a known token', ['sk-', 'ghp_', 'gho_', 'ghs_', 'ghu_', 'ghr_', 'github_pat_', 'AKIA', 'ASIA', 'xoxb-', 'xoxp-', 'AIza', 'glpat-', 'hf_', 'sk_live_', '-----BEGIN', 'GOCSPX-', 'npm_', 'SG.', 'eyJ', 'eyJhbGciOi', 'eyJ0eXAiOi', 'eyJraWQiOi', 'gsk_', 'xai-', '://', 'assw', 'ASSW'], code('base64'), { group: 'key material', left: 'any', rank: 8, check: 'the decoded text holds a token of this table', guard: 'images', context: 'the anchors are searched in base64, at its three alignments' }),
  token('generic_api_key', 'Values of a Kubernetes Secret', ['kind: Secret', '"kind":"Secret"', '"kind": "Secret"', '\\"kind\\":\\"Secret\\"', '\\"kind\\": \\"Secret\\"'], code('kubernetes_secret'), { group: 'context', left: 'any', rank: 2, context: 'data and stringData of the same manifest', guard: 'placeholders, templates, keys such as user, host, region' }),
  // Personal data
  token('email', 'Email address', ['@'], code('email'), { group: 'personal', left: 'any', rank: 5, guard: 'RFC 2606 names, file names, git@host:, user:pw@host', also: 'password' }),
  token('email', 'Email address in words', ['[at]', '(at)', '{at}', ' at '], code('email_words'), { group: 'personal', anyCase: true, left: 'any', rank: 5, guard: 'needs a domain behind, spelled out when the at is' }),
  token('credit_card', 'Payment card number', [], code('card'), { group: 'personal', rank: 6, guessable: true, check: 'issuer, length and Luhn', guard: 'part of a longer number; IMEI, EAN, trace id before' }),
  token('ssn', 'US social security number', [], code('ssn'), { group: 'personal', rank: 6, guessable: true, check: 'SSA rules', guard: 'part, SKU, model before', context: 'bare digits need ssn, social, taxpayer, W-2' }),
  token('ssn', 'Social security numbers of a column', ['ssn', 'social_sec', 'tax_id', 'taxid'], code('number_column'), { group: 'personal', anyCase: true, left: 'any', rank: 6, guessable: true, check: 'SSA rules', context: 'the header of a table' }),
  token('itin', 'US individual taxpayer number', [], code('itin'), { group: 'personal', rank: 6, guessable: true, context: 'itin' }),
  token('iban', 'IBAN', [], code('iban'), { group: 'personal', rank: 7, check: 'country length and mod 97' }),
  token('iban', 'IBAN by its country', Object.keys(IBAN_LENGTH), code('iban_start'), { group: 'personal', rank: 7, check: 'country length and mod 97' }),
  token('iban', 'IBAN behind its name', ['iban'], code('iban_word'), { group: 'personal', anyCase: true, left: 'any', rank: 7, check: 'country length and mod 97' }),
  token('phone', 'Phone number', ['+1', '+2', '+3', '+4', '+5', '+6', '+7', '+8', '+9'], code('phone'), { group: 'personal', rank: 4, guessable: true, check: 'number plan of the country', context: 'national numbers need phone, tel, call' }),
  token('ip_address', 'IPv4 and IPv6 addresses', ['.0', '.1', '.2', '.3', '.4', '.5', '.6', '.7', '.8', '.9'], code('ipv4'), { group: 'personal', left: 'any', on: false, rank: 2, guessable: true, guard: 'versions' }),
  token('ip_address', 'IPv6 address', ['::', ':0', ':1', ':2', ':3', ':4', ':5', ':6', ':7', ':8', ':9', ':a', ':b', ':c', ':d', ':e', ':f'], code('ipv6'), { group: 'personal', left: 'any', on: false, rank: 2, guessable: true }),
  token('passport', 'Passport number', ['passport'], code('passport'), { group: 'personal', anyCase: true, left: 'any', on: false, rank: 3, guessable: true, context: 'passport' }),
  // Assignments
  token('password', 'Password assignment', ['assw', 'pwd', 'assphrase', 'pass', 'psw', 'pswd', 'mdp', 'pword', 'psk', 'pw:', 'pw=', 'pw"', "pw'", 'pw is', '密码', '密碼', '口令', 'パスワード', '暗証番号', '비밀번호', '암호', 'арол', 'ωδικό', 'ontrase', 'senha', 'de passe', 'ennwort', 'achtwoord', 'senord', 'hasło', 'haslo', 'heslo', 'elsz', 'parola', 'clave', 'ifre', 'alasana', 'dgangskode', 'mật khẩu', 'ata sandi', 'รหัสผ่าน', 'סיסמה', 'סיסמא', 'كلمة المرور', 'كلمة السر', 'पासवर्ड'], code('password'), { group: 'context', anyCase: true, left: 'any', rank: 3, check: '6..128 characters', guard: 'placeholders, type names, prose' }),
  token('password', 'Password of a command line', ['curl ', 'wget ', 'sshpass', 'mysql', 'mariadb', 'docker login', 'podman login', 'helm registry login', 'redis-cli', 'mongo', 'ldapsearch', 'smbclient', 'oracle:thin:'], code('command'), { group: 'context', rank: 3, context: 'the option that takes it', also: 'session_cookie' }),
  token('password', 'Password of PowerShell or SQL', ['securestring', 'identified'], code('command'), { group: 'context', anyCase: true, left: 'any', rank: 3 }),
  token('password', 'Password behind a login name', ['login', 'creds', 'credentials'], code('login'), { group: 'context', anyCase: true, left: 'any', rank: 3, check: 'letters, digits and a symbol or both cases' }),
  token('generic_api_key', 'Key, token or secret assignment', ['key', 'oken', 'ecret', 'redential', 'uthorization', 'chlüssel', 'chluessel', 'clé', 'clave de api', 'clave de acceso', 'clave secreta', 'clave api', 'chave de api', 'chave de acesso', 'chave secreta', 'chave:', 'chiave', 'sleutel', 'nyckel', 'klucz', 'klíč', 'anahtar', 'jeton', 'eheimnis', 'segredo', 'ключ', 'токен', 'секрет', '密钥', '密鑰', '令牌', 'キー', 'トークン', 'シークレット', '키', '토큰', '시크릿'], code('secret_value'), { group: 'context', anyCase: true, left: 'any', rank: 2, check: 'entropy above 3.2 and a digit', guard: 'max_tokens, cache_key, idempotency-key, page tokens, primary keys' }),
]

/** Detector ids in order of first appearance. */
export const DETECTOR_IDS: readonly string[] = [...new Set(DETECTORS.map((d) => d.id))]
