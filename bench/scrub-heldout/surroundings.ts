// What is usually found near a self-evident key: the environment variable, the vendor, the API host.

import type { SecretType } from './types.ts'

export const KEY_SURROUNDINGS: Readonly<
  Partial<
    Record<SecretType, { readonly env: string; readonly vendor: string; readonly host: string }>
  >
> = {
  openai_key: { env: 'OPENAI_API_KEY', vendor: 'OpenAI', host: 'api.openai.com' },
  aws_access_key_id: { env: 'AWS_ACCESS_KEY_ID', vendor: 'AWS', host: 'sts.amazonaws.com' },
  github_token: { env: 'GITHUB_TOKEN', vendor: 'GitHub', host: 'api.github.com' },
  anthropic_key: { env: 'ANTHROPIC_API_KEY', vendor: 'Anthropic', host: 'api.anthropic.com' },
  openai_compat_key: { env: 'DEEPSEEK_API_KEY', vendor: 'DeepSeek', host: 'api.deepseek.com' },
  google_api_key: {
    env: 'GEMINI_API_KEY',
    vendor: 'Google',
    host: 'generativelanguage.googleapis.com',
  },
  stripe_key: { env: 'STRIPE_SECRET_KEY', vendor: 'Stripe', host: 'api.stripe.com' },
  slack_token: { env: 'SLACK_BOT_TOKEN', vendor: 'Slack', host: 'slack.com' },
  groq_key: { env: 'GROQ_API_KEY', vendor: 'Groq', host: 'api.groq.com' },
  npm_token: { env: 'NPM_TOKEN', vendor: 'npm', host: 'www.npmjs.com' },
  langfuse_secret: { env: 'LANGFUSE_SECRET_KEY', vendor: 'Langfuse', host: 'cloud.langfuse.com' },
  replicate_token: { env: 'REPLICATE_API_TOKEN', vendor: 'Replicate', host: 'api.replicate.com' },
  sendgrid_key: { env: 'SENDGRID_API_KEY', vendor: 'SendGrid', host: 'api.sendgrid.com' },
  xai_key: { env: 'XAI_API_KEY', vendor: 'xAI', host: 'api.x.ai' },
  gitlab_token: { env: 'GITLAB_TOKEN', vendor: 'GitLab', host: 'gitlab.com' },
  linear_key: { env: 'LINEAR_API_KEY', vendor: 'Linear', host: 'api.linear.app' },
  nvidia_key: { env: 'NVIDIA_API_KEY', vendor: 'NVIDIA', host: 'integrate.api.nvidia.com' },
  huggingface_token: { env: 'HF_TOKEN', vendor: 'Hugging Face', host: 'huggingface.co' },
  databricks_token: {
    env: 'DATABRICKS_TOKEN',
    vendor: 'Databricks',
    host: 'adb-77.azuredatabricks.net',
  },
  shopify_token: { env: 'SHOPIFY_ACCESS_TOKEN', vendor: 'Shopify', host: 'admin.shopify.com' },
  openrouter_key: { env: 'OPENROUTER_API_KEY', vendor: 'OpenRouter', host: 'openrouter.ai' },
  langsmith_key: { env: 'LANGSMITH_API_KEY', vendor: 'LangSmith', host: 'api.smith.langchain.com' },
  digitalocean_token: {
    env: 'DIGITALOCEAN_TOKEN',
    vendor: 'DigitalOcean',
    host: 'api.digitalocean.com',
  },
  perplexity_key: { env: 'PPLX_API_KEY', vendor: 'Perplexity', host: 'api.perplexity.ai' },
  telegram_token: { env: 'TELEGRAM_BOT_TOKEN', vendor: 'Telegram', host: 'api.telegram.org' },
}
