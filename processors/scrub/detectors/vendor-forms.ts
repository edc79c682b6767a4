// Keys whose form an expression says best: those in the path or query of an address, those of several parts, and those that
// only their form and the name of their vendor tell. The key is group 1, or all that matched.

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const END = '(?![A-Za-z0-9_-])'

const form = (source: string): RegExp => new RegExp(`^${source}`)
/** The key follows at once. */
const next = (source: string): RegExp => form(`(${source})${END}`)
/** In the query of the address. */
const query = (name: string, source: string): RegExp =>
  form(`[^\\s"'<>]{0,240}?[?&](?:amp;)?${name}=(${source})${END}`)

/** By what stands before the key. */
export const LITERAL_FORMS: ReadonlyMap<string, RegExp> = new Map([
  // Nodes of blockchains
  ['alchemy.com/v2/', next('[\\w-]{20,40}')],
  ['alchemyapi.io/v2/', next('[\\w-]{20,40}')],
  ['infura.io/v3/', next('[0-9a-f]{32}')],
  ['infura.io/ws/v3/', next('[0-9a-f]{32}')],
  ['quiknode.pro/', next('[0-9a-f]{32,64}')],
  ['rpc.ankr.com/', form(`[\\w-]{1,24}/([0-9a-f]{64})${END}`)],
  ['blastapi.io/', next(UUID)],
  // Webhooks and messages
  ['hooks.zapier.com/hooks/catch/', next('\\d{4,12}/[a-z0-9]{6,12}')],
  ['.make.com/', next('[a-z0-9]{32}')],
  ['.integromat.com/', next('[a-z0-9]{32}')],
  ['maker.ifttt.com/', form(`[^\\s"'<>]{0,80}/key/([\\w-]{20,64})${END}`)],
  ['qyapi.weixin.qq.com/', query('key', UUID)],
  ['/open-apis/bot/v2/hook/', next(UUID)],
  ['api.day.app/', next('[A-Za-z0-9]{20,24}')],
  ['sctapi.ftqq.com/', next('\\w{20,64}')],
  ['sc.ftqq.com/', next('\\w{20,64}')],
  ['mattermost.com/hooks/', next('[a-z0-9]{26}')],
  ['rocket.chat/hooks/', next('[A-Za-z0-9]{17}/[A-Za-z0-9]{40,64}')],
  ['/calendar/ical/', form(`[^\\s"'<>]{3,80}/private-([0-9a-f]{32})${END}`)],
  // Functions and data
  ['.azurewebsites.net/', query('code', '[\\w%+/-]{30,120}={0,2}')],
  ['.logic.azure.com', query('sig', '[\\w%-]{36,64}')],
  ['openweathermap.org/', query('appid', '[0-9a-f]{32}')],
  ['openexchangerates.org/', query('app_id', '[0-9a-f]{32}')],
  ['code=4/0A', next('[\\w-]{40,120}')],
  ['code=4%2F0A', next('[\\w-]{40,120}')],
  ['otpauth://', query('secret', '[A-Za-z2-7]{16,64}=*')],
  // Forms of their own
  ['access_token$production$', form(`[a-z0-9]{16}\\$[0-9a-f]{32}${END}`)],
  ['access_token$sandbox$', form(`[a-z0-9]{16}\\$[0-9a-f]{32}${END}`)],
  ['bce-v3/ALTAK-', form(`[A-Za-z0-9]{15,40}/[0-9a-f]{40}${END}`)],
  ['oauth:', next('[a-z0-9]{30}')],
  [
    'AQE',
    form('[A-Za-z0-9+/]{40,240}={0,2}-[A-Za-z0-9+/=]{20,100}-[\\w^{(&)}+*.,;:!?#@%-]{12,40}'),
  ],
  ['sk.eyJ', form('[\\w-]{40,200}\\.[\\w-]{20,40}')],
  ['tfp_', form(`[A-Za-z0-9]{40,64}_[A-Za-z0-9]{8,20}${END}`)],
])

/** By the name of the vendor, in any case, within reach of which the key stands. */
export const NEAR_FORMS: ReadonlyMap<string, RegExp> = new Map([
  ['asana', /(?<![\w/])[012]\/\d{10,20}(?:\/\d{10,20})?:[0-9a-f]{32}(?!\w)/g],
  [
    'launchdarkly',
    /(?<![\w-])(?:sdk|api|mob)-[0-9a-z]{8}(?:-[0-9a-z]{4}){3}-[0-9a-z]{12}(?![\w-])/g,
  ],
  ['infisical', /(?<![\w.])st\.[0-9a-f]{24}\.[0-9a-f]{32}\.[0-9a-f]{32}(?!\w)/g],
  ['zhipu', /(?<![\w.])[0-9a-f]{32}\.[A-Za-z0-9]{16}(?!\w)/g],
  ['bigmodel', /(?<![\w.])[0-9a-f]{32}\.[A-Za-z0-9]{16}(?!\w)/g],
  ['twilio', /(?<!\w)SK[0-9a-f]{32}(?!\w)/g],
])
