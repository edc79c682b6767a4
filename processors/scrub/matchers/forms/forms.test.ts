// Secrets whose form says where they are: cookies in lists and jars, databases without a scheme, command lines, values beside their
// name, answers to questions, key files, words of wallets; and texts that look alike and hold none.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Draw } from '../../corpus/fake-secrets.ts'
import { createTextScrubber } from '../../index.ts'

const draw = new Draw(11)
const scrubber = createTextScrubber()
const DIGITS = '0123456789'
const ALNUM = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz${DIGITS}`

const VALUES = {
  password: () => `Vq${draw.chars(ALNUM, 8)}${draw.chars(DIGITS, 3)}`,
  cookie: () =>
    `${draw.chars(ALNUM, 20)}${draw.chars(DIGITS, 2)}${draw.chars(`${ALNUM}_-`, 18)}${draw.chars(ALNUM, 2)}`,
  key: () => draw.chars(ALNUM, 43),
}

const FORMS: readonly (readonly [
  string,
  'password' | 'cookie' | 'key',
  readonly ((v: string) => string)[],
])[] = [
  [
    'cookies',
    'cookie',
    [
      (v) => `{"set-cookie":["a=${v}; Path=/","theme=dark"]}`,
      (v) => `{"headers":{"set-cookie":["theme=dark; Path=/","sid=${v}; HttpOnly"]}}`,
      (v) => `[["cookie","sid=${v}"]]`,
      (v) => `{"cookie": ["sid=${v}; theme=dark"]}`,
      (v) => `rawHeaders: ['Host', 'x.corp', 'Cookie', 'sid=${v}']`,
      (v) => `headers: [{"name":"Cookie","value":"sid=${v}"}]`,
      (v) => `{"cookies": {"sessionid": "${v}", "theme": "dark"}}`,
      (v) => `cookies=[{'name': 'connect.sid', 'value': '${v}', 'path': '/'}]`,
      (v) => `{"cookies":[{"value":"${v}","name":"auth","domain":"x.corp"}]}`,
      (v) => `requests.get(url, cookies={"session": "${v}"})`,
      (v) => `.corp.net\tTRUE\t/\tTRUE\t0\tsid\t${v}`,
      (v) => `{\\"set-cookie\\": [\\"sid=${v}; Path=/\\"]}`,
      (v) => `Cookie(name='sid', value='${v}', domain='x')`,
      (v) => `set-cookie: [ 'sid=${v}; Path=/', 'b=2' ]`,
      (v) => `{"multiValueHeaders":{"Set-Cookie":["sid=${v}"]}}`,
      (v) => `{"cookies":["sid=${v}","theme=dark"]}`,
    ],
  ],
  [
    'databases without a scheme',
    'password',
    [
      (v) => `app:${v}@tcp(db.corp:3306)/x`,
      (v) => `dsn := "root:${v}@unix(/run/mysqld.sock)/db"`,
      (v) => `DSN="u:${v}@tcp([::1]:3306)/db?tls=true"`,
      (v) => `*:*:*:postgres:${v}`,
      (v) => `db.corp:5433:*:app:${v}`,
      (v) => `localhost:5432:mydb:me:${v}\n`,
      (v) => `app:${v}@db.corp:5432/orders`,
      (v) => `connect svc:${v}@mongo-1:27017/admin`,
      (v) => `expdp system/${v}@ORCL full=y`,
      (v) => `sqlplus -s app/${v}@db:1521/XE`,
      (v) => `userid=scott/${v}@orcl`,
      (v) => `sqlldr userid=scott/${v} control=x`,
      (v) => `:${v}@redis:6379/0`,
      (v) => `host=db user=app password=${v} dbname=x`,
      (v) => `Server=db;User Id=sa;Password=${v};`,
      (v) => `machine api.corp login svc password ${v}`,
      (v) => `connect scott/${v}@//host:1521/x`,
      (v) => `jdbc:oracle:thin:scott/${v}@//h:1521/x`,
      (v) => `smtp bob:${v}@mail.corp:587`,
    ],
  ],
  [
    'command lines',
    'password',
    [
      (v) => `htpasswd -cb /etc/nginx/.htpasswd admin ${v}`,
      (v) => `htpasswd -nbB admin ${v}`,
      (v) => `printf '%s' '${v}' | docker login -u x --password-stdin`,
      (v) => `echo "${v}" | sudo -S apt update`,
      (v) => `echo "bob:${v}" | chpasswd`,
      (v) => `echo ${v} | passwd --stdin bob`,
      (v) => `["mysqldump","-h","db","-uroot","-p${v}","shop"]`,
      (v) => `{"args":["redis-cli","-a","${v}","ping"]}`,
      (v) => `['sshpass', '-p', '${v}', 'ssh', 'x']`,
      (v) => `sqlcmd -U sa -P '${v}'`,
      (v) => `bcp db.t out f -S s -U sa -P ${v}`,
      (v) => `unzip -P ${v} a.zip`,
      (v) => `openssl enc -aes-256-cbc -pass pass:${v}`,
      (v) => `openssl rsa -passin pass:${v} -in k`,
      (v) => `net use Z: \\\\srv\\share ${v} /user:corp\\bob`,
      (v) => `plink -ssh bob@h -pw ${v}`,
      (v) => `keytool -list -storepass ${v}`,
      (v) => `rabbitmqctl add_user svc ${v}`,
      (v) => `sudo -S ls <<< '${v}'`,
      (v) => `echo '${v}' | kinit bob`,
      (v) => `echo ${v} | gpg --batch --passphrase-fd 0 -d x`,
      (v) => `curl -u bob:${v} https://x`,
      (v) => `["curl","-u","bob:${v}","https://x"]`,
      (v) => `subprocess.run(["psql","--password=${v}"])`,
      (v) => `mysql -uroot -p${v} -e 'select 1'`,
      (v) => `smbclient //h/s -U bob%${v}`,
      (v) => `docker login -u bob -p ${v} reg`,
      (v) => `mount -t cifs //h/s /m -o username=b,password=${v}`,
    ],
  ],
  [
    'values beside their name',
    'password',
    [
      (v) => `<input name="pw" type="password" value="${v}"/>`,
      (v) => `<input value="${v}" type="password">`,
      (v) => `<input type='password' id='x' value='${v}'>`,
      (v) => `page.type('#password', '${v}')`,
      (v) => `cy.get('[name=password]').type('${v}')`,
      (v) => `driver.find_element(By.ID, "password").send_keys("${v}")`,
      (v) => `await page.getByLabel('Password').fill('${v}')`,
      (v) => `fill_in 'Password', with: '${v}'`,
      (v) => `await page.locator("#login-password").fill("${v}")`,
      (v) => `INSERT INTO accounts (id, login, passwd, age) VALUES (1, 'jo', '${v}', 3)`,
      (v) => `INSERT INTO users(email,password) VALUES ('a','${v}'),('b','x')`,
      (v) => `cur.execute("INSERT INTO u (name, password) VALUES (%s, %s)", ("jo", "${v}"))`,
      (v) => `{"columns":["user","password"],"rows":[["svc","${v}"]]}`,
      (v) => `{"argnames":["user","password"],"args":["svc","${v}"]}`,
      (v) => `{"params": ["svc", "${v}"], "names": ["login", "password"]}`,
      (v) => `{"columns":["id","pwd"],"index":[0],"data":[[7,"${v}"]]}`,
      (v) => `{"name":"password","value":"${v}"}`,
      (v) => `<key>Password</key><string>${v}</string>`,
      (v) => `<entry key="password">${v}</entry>`,
      (v) => `<Key>password</Key><Value>${v}</Value>`,
      (v) => `{"selector":"#password","text":"${v}"}`,
      (v) => `{"field": "password", "input": "${v}"}`,
      (v) => `name,password\njo,${v}\n`,
      (v) => `| user | password |\n|---|---|\n| jo | ${v} |`,
      (v) => `<tr><td>Password</td><td>${v}</td></tr>`,
      (v) => `<label>Password</label><span>${v}</span>`,
      (v) => `data-password="${v}"`,
      (v) => `[{"key":"password","type":"secret","value":"${v}"}]`,
      (v) => `{"type":"fill","target":"input[type=password]","value":"${v}"}`,
    ],
  ],
  [
    'answers to questions',
    'password',
    [
      (v) =>
        `[{"role":"assistant","content":"Please tell me your password?"},{"role":"user","content":"It is ${v}"}]`,
      (v) => `Bot: What is your password?\nUser: ${v}`,
      (v) => `{"question":"What's the wifi password?","answer":"${v}"}`,
      (v) => `Q: What's the admin password?\nA: ${v}`,
      (v) =>
        `[{"role":"assistant","content":"What is your password, please?"},{"role":"user","content":[{"type":"text","text":"${v}"}]}]`,
      (v) => `Can you tell me your password?\\n${v}`,
      (v) => `Agent: could you give me the password for the VPN?\nCustomer: sure, ${v}`,
      (v) => `assistant: what's your passphrase?\nuser: ${v}`,
      (v) =>
        `[{"role": "assistant", "content": "What is the password of the router?"}, {"role": "user", "content": "${v}, thanks"}]`,
      (v) => `Wie lautet dein Passwort?\n${v}`,
      (v) => `Enter your password: \n${v}`,
    ],
  ],
  [
    'key material',
    'key',
    [
      (v) => `Private-Lines: 1\\n${v}\\nPrivate-MAC: 00`,
      (v) => `{"d":"${v}","kty":"OKP","crv":"Ed25519","x":"abc"}`,
      (v) => `{"kty":"oct","k":"${v}"}`,
      (v) => `"{\\"kty\\":\\"EC\\",\\"d\\":\\"${v}\\"}"`,
      (v) => `{"keys":[{"kty":"RSA","n":"abc","e":"AQAB","d":"${v}","p":"x"}]}`,
      (v) => `<RSAKeyValue><Modulus>abcd</Modulus><D>${v}</D></RSAKeyValue>`,
      (v) => `[Interface]\nPrivateKey = ${v}=\nAddress = 10.0.0.2/32`,
      (v) => `private_key: ${v}`,
    ],
  ],
]

for (const [what, kind, forms] of FORMS)
  test(`${what}: the value goes, what stands around it stays`, () => {
    for (const form of forms)
      for (let i = 0; i < 3; i++) {
        const value = VALUES[kind]()
        const text = form(value)
        const { text: out } = scrubber.scrub(text)
        assert.equal(out.includes(value.slice(2, 12)), false, text)
        assert.match(out, /\[REDACTED:[a-z_]+\]/)
        const [before = ''] = text.split(value)
        assert.equal(out.startsWith(before.slice(0, 4)), true, out)
        assert.equal(scrubber.scrub(out).text, out)
      }
  })

const WORDS =
  'quantum gallery twist ladder obvious siren velvet camp ocean fabric mirror toddler legal winner thank year wave sausage worth useful legal winner thank yellow'.split(
    ' ',
  )
const WALLETS: readonly ((words: readonly string[]) => string)[] = [
  (w) => `my mnemonic is ${w.join(' ')}`,
  (w) => `Recovery phrase:\n${w.join(' ')}`,
  (w) => `{"mnemonic": "${w.join(' ')}"}`,
  (w) => `Seed Phrase - "${w.join(' ')}"`,
  (w) => `wallet recovery words: ${w.map((word, i) => `${i + 1}. ${word}`).join(' ')}`,
  (w) => `MNEMONIC="${w.join(' ')}" npx hardhat`,
  (w) => `seed phrase: ${w.join(', ')}`,
  (w) => `mnemonic: ["${w.join('","')}"]`,
  (w) => `here is my 12-word phrase: ${w.join(' ')}`,
]

test('the words of a wallet go, all of them', () => {
  for (const form of WALLETS)
    for (const n of [12, 15, 18, 21, 24]) {
      const words = WORDS.slice(0, n)
      const { text } = scrubber.scrub(form(words))
      for (const word of words) assert.equal(text.includes(word), false, text)
    }
})

test('a token that was wrapped goes with what stands in the next line', () => {
  const token = `sk-ant-api03-${draw.chars(ALNUM, 92)}AA`
  for (const at of [40, 55, 70]) {
    const [a, b] = [token.slice(0, at), token.slice(at)]
    for (const text of [
      `export KEY=${a}\\\n${b}`,
      `"${a}" +\n  "${b}"`,
      `key: '${a}'\n     '${b}'`,
      `the key that was sent by mail yesterday is ${a}\n${b}\nbye`,
    ])
      assert.equal(scrubber.scrub(text).text.includes(b.slice(0, 12)), false, text)
  }
})

const CLEAN = [
  'the svc:latest@sha256 image, user@tcp(4) notation',
  '10:30:00:on:time',
  'import x from "@/components/Button2Large"',
  'docker run -p 8080:5432 app:1.2@sha256',
  'ports: "5432:5432"',
  'host:5432:db',
  'psql -h db -p 5432 -U app',
  'jdbc:postgresql://db:5432/orders',
  'redis:6379/0',
  'mongo:27017',
  'nginx -> app:9000',
  'listen on :9000; see http://x:9200/_cat',
  'image: repo/app:v2.1@sha256:abcdef0123456789',
  'scp file bob@host:9000',
  'mail bob@host:587',
  'kafka:9092,redis:6379',
  'git@github.com:org/repo5432.git',
  'echo "hello world" | sudo -S tee x',
  'echo $PASS | docker login --password-stdin',
  'echo "$PW" | sudo -S ls',
  'cat pw.txt | docker login -u x --password-stdin',
  'printf "%s" "$TOKEN" | gh auth login --with-token',
  'sudo -S reads the password from standard input',
  'htpasswd -b takes the password as an argument',
  'htpasswd -c .htpasswd bob',
  'sqlcmd -P is the same',
  'sqlcmd -S srv -E -Q "select 1"',
  'unzip -P flag is insecure',
  'openssl genrsa -out key.pem 2048',
  'openssl rand -hex 32',
  'openssl req -new -key server2024.key -out x.csr',
  'zip -r backup2024.zip dir',
  '7z a backup2024.7z dir',
  '7z x archive.7z -oOutput2024',
  'rar a x.rar file',
  'rman target /',
  'net use Z: \\\\srv\\share /persistent:yes',
  'net user bob /add',
  'connect to postgres/mysql2x databases',
  'we connect frontend/Backend2x with it',
  'CONNECT tunnel/Proxy2 works',
  'keytool -list -keystore x.jks',
  'mount -o ro,noatime /dev/sda1 /mnt',
  'gpg --verify Release2024.gpg',
  'sql -- comment',
  'useradd -m bob',
  'ssh-keygen -t ed25519 -N ""',
  'mosquitto_sub -h h -t sensors/Room2a -v',
  'ipmitool sensor list',
  'curl -u "$USER:$PASS" https://x',
  'curl -X POST https://api.x/v1/Users2',
  'send "hello\\r"',
  '<input type="password" name="pw" placeholder="Password" required>',
  '<input type="password" value="">',
  '<input type="password" value="{{ pw }}">',
  '<input type="text" value="Order66Today">',
  'INSERT INTO users (name, password) VALUES ($1, $2)',
  'INSERT INTO users (name, password) VALUES (?, ?)',
  "INSERT INTO users (name, password_hash) VALUES ('a', NULL)",
  'CREATE TABLE users (id int, password varchar(64), age int)',
  'SELECT name, password FROM users WHERE id IN (1, 2)',
  'def login(user, password): return client2.Login(user, password)',
  'login(username="jo", password=pw)',
  '{"required":["user","password"],"properties":["a","b2C"]}',
  '{"columns":["user","password"],"rows":[]}',
  '{"args":["user","password"]}',
  "page.fill('#password', process.env.PW)",
  "page.click('#password', 'left')",
  "cy.get('#password').should('be.visible')",
  "expect(page.getByLabel('Password')).toBeVisible()",
  "validate('password', 'required|min:8')",
  "trans('auth.password', 'Your password')",
  '{"name":"password","type":"string","description":"The password"}',
  '[{"role":"assistant","content":"Did you forget your password?"},{"role":"user","content":"Yes, since Monday"}]',
  '[{"role":"assistant","content":"What is your password policy?"},{"role":"user","content":"12 characters, 2 digits"}]',
  'Forgot password?\nClick Here2 to reset',
  'What is a password manager?\nA tool such as 1Password or Bitwarden2',
  'Q: How do I reset my password?\nA: Open Settings and choose Security.',
  '[{"role":"user","content":"How do I change my password?"},{"role":"assistant","content":"Use the Account2 page."}]',
  'password? y/n',
  'Is the password correct?\nNo, invalid at 2024-01-02T10:00:00Z',
  '[{"role":"user","content":"Which API key?"},{"role":"assistant","content":"The one for gpt-4o-mini"}]',
  'set-cookie: theme=dark; path=/',
  '{"cookies":[]}',
  'cookies: accepted',
  '{"cookies":{"theme":"dark","locale":"en-US"}}',
  '{"cookies":[{"name":"theme","value":"dark"}]}',
  'We use cookies (see policy) [1]',
  'cookie (chocolate chip) recipe',
  'cookies = ["oatmeal", "ginger"]',
  '{"cookieConsent":{"version":"2024-05-01","accepted":true}}',
  'the cookie jar contains 12 items',
  'Private-Lines: see file',
  '{"kty":"EC","crv":"P-256","x":"e2rCizCeeJvchcXJVXFRW_NLOW9BuXiJrBIIpPRQk-l","y":"njwpZypG_q58FBmGfQtc3Icwoq0wwV34nJuqQOfDW3A"}',
  '{"kty":"RSA","n":"e2rCizCeeJvchcXJVXFRW_NLOW9BuXiJrBIIpPRQk-l","e":"AQAB","kid":"d1"}',
  'A mnemonic helps people to remember long lists of words better than before',
  'mnemonic: please excuse my dear aunt sally',
  'Your recovery phrase is the list of twelve words that you wrote down when you made the wallet',
  'seed: 42',
  'seed words are sown in spring when nights stay warm and mild across all of the valley',
  'A mnemonic device uses patterns rhymes images stories songs letters acronyms maps charts lists cards and so on',
  'mnemonic codes such as mov add sub mul div and or xor jmp call',
  'The wagon passed the orbit of the yellow kitchen garden while a violin played; lemon, pepper and marble were on the island.',
  'seed: apples pears plums figs dates limes melon grapes',
  'path patternsAndMore.1234',
  'patient patWithNothing',
  'discord is a chat; see https://discord.com/channels/123456789012345678/223456789012345678',
  'bot mode is on',
  'api-gateway-service-production-eu-west-1',
  'sdk-python-client-library-version-2-1',
  'https://webhook.office.com/',
  'hcp.example.com',
  'fo1_x',
  'pnb_nothing',
  'the sl.Button component',
  'API-2024 release notes',
  'API-documentation-for-developers-2024',
  'y0_x',
  'v1.0-beta2',
  'v1.0-rc1-build20240102',
  'sha256~short',
  'LTAI is a prefix',
  'xprv is a prefix',
  'ATTACHMENT_2024_01',
  'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'export PATH=/usr/local/bin:\\\n$PATH',
  'a long line of text that ends here with a word and goes on in the next line\nnext line',
  'commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b\nAuthor2024: x',
  '{"tool":"login","args":["svc"],"argnames":["user","password"]}',
  'Usage: htpasswd [-cimBdpsDv] [-C cost] [-r rounds] passwordfile username',
  'docker login --help',
  'mysql -p',
  'mysqldump --password',
  'mysql -uroot -p shop2024',
  'sshpass -e ssh bob@h',
  'redis-cli -p 6379 ping',
  'mongod -p 27017',
  'mongodump --db shop2024',
  'plink -batch bob@h',
  'ftp -n host2024',
  'lftp -e "mirror" host',
  'xfreerdp /v:host /u:bob',
  'db2 connect to sample',
  'db2 connect to SAMPLE2 user db2inst1',
  'snmpwalk -v2c -c public h',
  'trino --server h:8080',
  'beeline -u jdbc:hive2://h:10000',
  'wp user list',
  'bq query --nouse_legacy_sql',
  'gpg --armor --export A1B2C3D4',
  'borg create repo::Archive2024',
]

test('texts that look alike stay as they are', () => {
  for (const text of CLEAN) assert.equal(scrubber.scrub(text).text, text)
})

test('a quoted password of a command inside JSON ends before the escape of its closing quote', () => {
  const value = VALUES.password()
  const commands = [
    (v: string) => `echo "backup:${v}" | chpasswd   # set it`,
    (v: string) => `printf "%s" "${v}" | docker login -u x --password-stdin`,
    (v: string) => `echo "${v}" | sudo -S apt update`,
    (v: string) => `echo '${v}' | kinit bob && echo "done"`,
    (v: string) => `sudo -S ls <<< "${v}"`,
    (v: string) => `printf "${v}\\n${v}\\n" | passwd bob`,
  ]
  for (const command of commands)
    for (let depth = 1, wrap = (text: string) => JSON.stringify({ text }); depth <= 3; depth++) {
      const masked = scrubber.scrub(wrap(command(value))).text
      assert.equal(masked, wrap(command('[REDACTED:password]')), `${depth} times in JSON`)
      const inner = wrap
      wrap = (text) => JSON.stringify({ text: inner(text) })
    }
})
