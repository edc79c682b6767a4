// Which argument of a command is its password. A row is a command and the form of its line; group 2 of the form is the
// password. Rows are tried in order: one command may have several forms.

const USER_PASS = String.raw`([\\"']{0,2})[^\s:"'\\]{1,64}:([^\s"'\\]{4,128})`
const ARG = String.raw`([\\"']{0,2})([^\s"'\\]{4,128})`

export interface CommandForm {
  readonly starts: RegExp
  readonly form: RegExp
  /** The option alone is no proof: the value must look like a password; `bare`: unless it is quoted. */
  readonly strong?: boolean | 'bare'
}

/** The value behind one of the options, joined by a blank, `=`, `:` or nothing. */
const option = (names: string, value = ARG): RegExp =>
  new RegExp(String.raw` (?:${names})[ =:]?${value}`)

export const COMMAND_FORMS: readonly CommandForm[] = [
  { starts: /^(?:curl|wget|http)\b/, form: option('-u|-U|--user|--proxy-user|-a', USER_PASS) },
  { starts: /^sshpass\b/, form: new RegExp(String.raw` -p ?${ARG}`) },
  { starts: /^(?:mysql|mariadb)/, form: new RegExp(String.raw` -p${ARG}`), strong: true },
  {
    starts: /^(?:docker|podman|nerdctl|helm|buildah|skopeo|az|oc)\b/,
    form: new RegExp(String.raw` login [^&;|]{0,120}?-p ${ARG}`),
  },
  {
    starts:
      /^(?:redis-cli|mongo\w*|influx|cqlsh|hdbsql|psexec|rabbitmqadmin|beeline|trino|cypher-shell|evil-winrm|crackmapexec)\b/i,
    form: new RegExp(String.raw` -[ap] ${ARG}`),
    strong: true,
  },
  { starts: /^ldap/, form: new RegExp(String.raw` -w ${ARG}`) },
  {
    starts: /^(?:smbclient|snmp|impacket)/,
    form: new RegExp(String.raw` -U ?([\\"']{0,2})[^\s%"']{1,64}%([^\s"'\\]{4,128})`),
  },
  {
    starts: /^securestring/i,
    form: /^securestring (?:-string )?([\\"']{1,3})([^"'\\\n]{4,128})\1/i,
  },
  {
    starts: /^identified/i,
    form: /^identified (?:with [\w'"]{1,40} )?by (?:password )?(\\*["']?)([^\s"'`;\\]{4,128})/i,
    strong: 'bare',
  },
  {
    starts: /^userid=/i,
    form: /^userid=(\\*["']?)[\w$#]{1,40}\/([^\s@"'/\\]{4,128})(?=@|[\s"'\\]|$)/i,
    strong: true,
  },
  { starts: /^oracle:thin:/, form: /^oracle:thin:()[\w$#]{1,40}\/([^\s@"']{4,128})@/ },
  {
    starts: /^htpasswd\b/,
    // File and user, or the user alone where it only prints.
    form: new RegExp(
      String.raw`^htpasswd(?: -[a-zA-Z]{1,6}| -C \d{1,2}){0,4} -?(?:[a-zA-Z]{0,6}n[a-zA-Z]{0,6} [^\s"']{1,64}|[^\s"']{1,100} [^\s"']{1,64}) ${ARG}`,
    ),
    strong: true,
  },
  {
    starts: /^(?:sqlcmd|osql|bcp|isql|tsql)\b/,
    form: new RegExp(String.raw` -P ?${ARG}`),
    strong: true,
  },
  {
    starts: /^(?:sqlplus|sqlldr|expdp|impdp|rman|sql)\b/,
    form: /\s([\\"']{0,2})(?:userid=|target )?[\w$#]{1,40}\/([^\s@"'/\\]{4,128})(?=@|[\s"'\\]|$)/,
    strong: true,
  },
  {
    starts: /^conn(?:ect)?\b/i,
    form: /^conn(?:ect)? ()[\w$#]{1,40}\/([^\s@"'/\\]{4,128})@/i,
    strong: true,
  },
  {
    starts: /^net use\b/i,
    form: new RegExp(String.raw` \\{1,4}[\w.-]{1,64}\\{1,2}[\w$.\\-]{1,64} (?!/)${ARG}`),
    strong: true,
  },
  {
    starts: /^conn(?:ect)?\b/i,
    form: /^conn(?:ect)? ()[\w$#]{1,40}\/([^\s@"'/\\]{4,128})@/i,
    strong: true,
  },
  {
    starts: /^net user\b/i,
    form: new RegExp(String.raw`^net user [^\s/"']{1,64} (?!/)${ARG}`, 'i'),
    strong: true,
  },
  { starts: /^(?:plink|pscp|psftp)\b/, form: new RegExp(String.raw` -pw ${ARG}`) },
  {
    starts: /^l?ftp\b/,
    form: new RegExp(String.raw` -u ([\\"']{0,2})[^\s,"']{1,64},([^\s"'\\]{4,128})`),
  },
  { starts: /^(?:un)?zip\b/, form: new RegExp(String.raw` -P ?${ARG}`), strong: true },
  { starts: /^(?:7za?|(?:un)?rar)\b/, form: new RegExp(String.raw` -h?p${ARG}`), strong: true },
  {
    starts: /^openssl\b/,
    form: new RegExp(String.raw` (?:-pass(?:in|out)?|-k)[ =](?:pass:)?${ARG}`),
    strong: 'bare',
  },
  {
    starts: /^(?:keytool|jarsigner)\b/,
    form: option('-storepass|-keypass|-srcstorepass|-deststorepass'),
  },
  { starts: /^(?:ipmitool|mosquitto_\w+)\b/, form: new RegExp(String.raw` -P ${ARG}`) },
  { starts: /^(?:borg|gpg)\b/, form: option('--passphrase') },
  {
    starts: /^rabbitmqctl\b/,
    form: new RegExp(
      String.raw` (?:add_user|change_password|authenticate_user) [^\s"']{1,64} ${ARG}`,
    ),
  },
  { starts: /^db2 connect\b/i, form: new RegExp(String.raw` using ${ARG}`, 'i') },
  {
    starts: /^(?:xfreerdp|rdesktop)\b/,
    form: new RegExp(String.raw` (?:/p:|-p )${ARG}`),
    strong: true,
  },
  {
    starts: /^wpa_passphrase\b/,
    form: new RegExp(
      String.raw`^wpa_passphrase (?:\\*["'][^"']{1,40}\\*["']|[^\s"']{1,40}) ${ARG}`,
    ),
  },
  { starts: /^snmp(?:walk|get)\b/, form: new RegExp(String.raw` -[AX] ${ARG}`) },
  {
    starts: /^(?:mount(?:\.cifs)?|smbmount)\b/,
    form: /(?:,| )(?:pass|password)=([\\"']{0,2})([^\s,"'\\]{4,128})/,
  },
  { starts: /^(?:user(?:add|mod))\b/, form: new RegExp(String.raw` -p ${ARG}`), strong: true },
  { starts: /^ssh-keygen\b/, form: new RegExp(String.raw` -[NP] ${ARG}`), strong: true },
  { starts: /^pdftk\b/, form: new RegExp(String.raw` (?:user|owner|input)_pw ${ARG}`) },
  { starts: /^kadmin\b/, form: new RegExp(String.raw` (?:-w|-pw) ${ARG}`) },
  { starts: /^send\b/, form: /^send (?:-- )?(["'])([^"'\\\s]{4,128})\\+[rn]/, strong: true },
  {
    starts: /^[\w-]/,
    form: new RegExp(
      String.raw` (?:--pass(?:word|wd|phrase)?|--secret|-password|/password|-pass)[ =:]${ARG}`,
    ),
    strong: true,
  },
]
