// The labels of the corpus: names of the secret types, the format of a line, and the groups in which results are reported.

export const SECRET_TYPES = [
  'openai_key',
  'aws_access_key_id',
  'aws_secret_key',
  'github_token',
  'bearer_token',
  'email',
  'credit_card',
  'ssn',
  'anthropic_key',
  'aws_presign_sig',
  'azure_client_secret',
  'azure_sas',
  'azure_storage_key',
  'b64_openai_key',
  'basic_auth_header',
  'basic_auth_url',
  'databricks_token',
  'db_url_password',
  'digitalocean_token',
  'generic_api_key',
  'gitlab_token',
  'google_api_key',
  'groq_key',
  'huggingface_token',
  'iban',
  'jwt',
  'langfuse_secret',
  'langsmith_key',
  'linear_key',
  'npm_token',
  'nvidia_key',
  'openai_compat_key',
  'openrouter_key',
  'password',
  'perplexity_key',
  'phone',
  'private_key',
  'replicate_token',
  'sendgrid_key',
  'session_cookie',
  'shopify_token',
  'slack_token',
  'slack_webhook',
  'stripe_key',
  'telegram_token',
  'xai_key',
] as const

export type SecretType = (typeof SECRET_TYPES)[number]

/** The eight types that must always be found. They make up most of the labels. */
export const CORE_TYPES: readonly SecretType[] = SECRET_TYPES.slice(0, 8)

/** Types that are recognisable by their own form, so that they can occur in any sentence. */
export const SELF_EVIDENT_TYPES: readonly SecretType[] = [
  'openai_key',
  'aws_access_key_id',
  'github_token',
  'anthropic_key',
  'openai_compat_key',
  'google_api_key',
  'stripe_key',
  'slack_token',
  'groq_key',
  'npm_token',
  'langfuse_secret',
  'replicate_token',
  'sendgrid_key',
  'xai_key',
  'gitlab_token',
  'linear_key',
  'nvidia_key',
  'huggingface_token',
  'databricks_token',
  'shopify_token',
  'openrouter_key',
  'langsmith_key',
  'digitalocean_token',
  'perplexity_key',
  'telegram_token',
]

export interface Range {
  readonly start: number
  readonly end: number
}

export interface LabelledSpan extends Range {
  readonly type: SecretType
  /** The part that must not remain in the output, as [start, end]. */
  readonly core: readonly [number, number]
}

/** One text of the corpus. Offsets count UTF-16 code units. */
export interface CorpusLine {
  readonly id: string
  readonly text: string
  readonly field: string
  readonly spans: readonly LabelledSpan[]
  readonly optional: readonly Range[]
  readonly kind: string
  readonly note: string
}
