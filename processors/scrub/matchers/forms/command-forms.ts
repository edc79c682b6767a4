// Which argument of a command is its password. A row is the names of commands and the options that take one, in a notation of
// its own: `_` is the password, `u` any other text.
//   `-P _`   the next word, or behind `=`    `-p_`, `/p:_`  the rest of the word    `-u u:_`  behind the first colon of the next word
//   `u/_@`   a word of that form             `2`            the second word that is no option

/** What the value must look like: `any` text that is no placeholder, `strong` as a password, `quoted` as one unless in quotes. */
export type Proof = 'any' | 'strong' | 'quoted'

export interface CommandForm {
  /** Expression for the name, in any case, and what must stand among the words behind it. */
  readonly names: string
  readonly sub?: RegExp
  readonly options: readonly string[]
  readonly proof?: Proof
  /** Short options may stand together: `-su u:_`. */
  readonly grouped?: true
  /** Options are looked at up to the first word that is none: what follows is another command. */
  readonly leading?: true
}

// biome-ignore format: a table
export const COMMAND_FORMS: readonly CommandForm[] = [
  // Transfers
  { names: 'curl', options: ['-u u:_', '-U u:_', '--user u:_', '--proxy-user u:_', '--pass _', '--key-pass _', '--oauth2-bearer _'], grouped: true },
  { names: 'wget|aria2c', options: ['--user u:_', '--password _', '--http-password _', '--ftp-password _', '--proxy-password _', '--http-passwd _', '--ftp-passwd _'] },
  { names: 'https?|xh', options: ['-a u:_', '--auth u:_'] },
  { names: 'lftp|ftp|ncftp\\w*', options: ['-u u,_', '--user u,_'] },
  { names: 'lftp', options: ['open-u'], proof: 'strong' },
  { names: 'ncftp\\w*', options: ['-p _'], proof: 'strong' },
  { names: 'curlftpfs', options: ['-o user=u:_'] },
  { names: 'swaks', options: ['-ap _', '--auth-password _'] },
  { names: 'sendemail', options: ['-xp _'] },
  { names: 'ab', options: ['-A u:_', '-P u:_'] },
  { names: 'nikto', options: ['-id u:_'] },
  { names: 'lynx|w3m', options: ['-auth=u:_', '-pauth=u:_'] },
  // Remote access
  { names: 'sshpass', options: ['-p _', '-p_'], leading: true },
  { names: 'plink|pscp|psftp|pageant|kitty|putty', options: ['-pw _'] },
  { names: 'xfreerdp3?|wlfreerdp3?|sdl-freerdp3?|mstsc', options: ['/p:_', '-p _', '--password _', '/gp:_', '/password:_'], proof: 'quoted' },
  { names: 'rdesktop', options: ['-p _'], proof: 'strong' },
  { names: 'x11vnc', options: ['-passwd _'] },
  { names: 'smbclient\\w*|rpcclient|winexe|wmic|net|smbget|smbcacls|pth-\\w+|samba-tool|impacket\\S*', options: ['-U u%_', '--user u%_', '--user=u%_'] },
  { names: 'smbmap|nxc|netexec|crackmapexec|cme|evil-winrm|hydra|medusa|bloodhound-python|certipy|kerbrute', options: ['-p _', '--password _'], proof: 'strong' },
  { names: 'impacket-\\S+|secretsdump|psexec|wmiexec|smbexec|atexec|dcomexec|getuserspns|getnpusers|lookupsid|mssqlclient|rpcdump|samrdump|gettgt', options: ['u:_@'] },
  { names: 'psexec|pskill|pslist|psinfo|psservice|psloglist|pspasswd', options: ['-p _'], proof: 'strong' },
  { names: 'net', sub: /^use$/i, options: ['share'], proof: 'strong' },
  { names: 'net', sub: /^user$/i, options: ['3'], proof: 'strong' },
  { names: 'rasdial', options: ['3'], proof: 'strong' },
  { names: 'runas|cmdkey|schtasks', options: ['/pass:_', '/rp _', '/p _'], proof: 'strong' },
  { names: 'winrs', options: ['-p:_', '/p:_', '-password:_', '/password:_'] },
  // Databases
  { names: 'mysql\\w*|mariadb[\\w-]*|mycli|mydumper|myloader|xtrabackup|mariabackup', options: ['-p_'], proof: 'quoted' },
  { names: 'psql|pg_\\w+|pgcli|pgbench|usql', options: ['--password _'], proof: 'strong' },
  { names: 'redis-cli|valkey-cli|keydb-cli|redis-benchmark|iredis', options: ['-a _', '--pass _'], proof: 'quoted' },
  { names: 'mongo\\w*|bsondump', options: ['-p _', '-p_'], proof: 'strong' },
  { names: 'influx|cqlsh|hdbsql|beeline|trino|cypher-shell|nodetool|arangosh|vsql|ttisql', options: ['-p _', '-pw _', '-password _', '-w _'], proof: 'strong' },
  { names: 'influx', options: ['-password _', '--token _', '-t _'], proof: 'quoted' },
  { names: 'sqlcmd|osql|bcp|isql|tsql|dbatools|mssql-cli|defncopy', options: ['-P _', '-P_'], proof: 'strong' },
  { names: 'isql|iusql', options: ['3'], proof: 'strong' },
  { names: 'sqlplus|sqlldr|expdp|impdp|rman|dgmgrl', options: ['u/_@'] },
  { names: 'sqlplus|sqlldr|expdp|impdp|exp|imp|rman|sql|dgmgrl', options: ['u/_'], proof: 'strong' },
  { names: 'conn(?:ect)?', options: ['u/_@'], proof: 'quoted' },
  { names: 'db2', sub: /^connect$/i, options: ['using _', 'USING _'] },
  { names: 'bteq|fastload|tpt\\w*', options: ['u,_'], proof: 'strong' },
  { names: 'etcdctl', options: ['--user u:_', '--password _'] },
  { names: 'ksql|kafkactl|kcat', options: ['-p _'], proof: 'strong' },
  { names: 'clickhouse[\\w-]*', options: ['--password _'], proof: 'strong' },
  { names: 'snowsql|dbt|liquibase|flyway', options: ['--password _', '-password=_'], proof: 'strong' },
  // Messages and directories
  { names: 'mosquitto_\\w+|mqttx?|pub|sub', options: ['-P _', '--pw _'], proof: 'quoted' },
  { names: 'rabbitmqadmin', options: ['-p _', '--password _'], proof: 'quoted' },
  { names: 'rabbitmqctl', sub: /^(?:add_user|change_password|authenticate_user)$/, options: ['3'] },
  { names: 'amqp-\\w+', options: ['--password _'] },
  { names: 'ldap\\w+|dsconf|dsidm|dsctl|ipa', options: ['-w _', '-w_'], proof: 'quoted', grouped: true },
  { names: 'ldappasswd', options: ['-s _', '-a _'], proof: 'quoted' },
  { names: 'kadmin(?:\\.local)?|kinit|ktutil', options: ['-w _', '-pw _'] },
  { names: 'snmp\\w+', options: ['-A _', '-X _', '-3m _', '-3M _'], proof: 'quoted' },
  { names: 'snmp\\w+', options: ['-c _'], proof: 'strong' },
  // Containers, clouds and registries
  { names: 'docker|podman|nerdctl|helm|buildah|skopeo|az|oc|cf|expo|eas|crane|oras|regctl|ibmcloud|bx|acr|kubelogin', sub: /^login$/, options: ['-p _', '--password _', '-p_', '--apikey _'] },
  { names: 'az', sub: /^(?:sql|postgres|mysql|mariadb|synapse|ad)$/, options: ['-p _'], proof: 'strong' },
  { names: 'skopeo|buildah|podman', options: ['--creds u:_', '--src-creds u:_', '--dest-creds u:_', '--cred u:_'] },
  { names: 'vault', sub: /^login$/, options: ['2'], proof: 'strong' },
  { names: 'vault', sub: /^unseal$/, options: ['3'], proof: 'quoted' },
  { names: 'nomad|consul|waypoint|boundary', options: ['-token _', '--token _', '-secret _'], proof: 'quoted' },
  { names: 'aws', sub: /^(?:SecureString|(?:create|update|put)-secret(?:-value)?|admin-set-user-password|change-password)$/, options: ['--value _', '--secret-string _', '--new-password _'], proof: 'quoted' },
  { names: 'az', sub: /^secret$/, options: ['--value _'], proof: 'quoted' },
  { names: 'supabase|fly|flyctl|doppler|railway|wrangler|heroku|netlify|vercel|convex|eas|amplify', sub: /^(?:secrets?(?::\w+)?|config:set|env:set|variables)$/, options: ['k=_'], proof: 'strong' },
  { names: 'netlify|convex|vercel|eas', sub: /^env(?::set)?$/, options: ['3', '4'], proof: 'strong' },
  { names: 'ansible-vault', sub: /^encrypt_string$/, options: ['2'], proof: 'strong' },
  { names: 'nuget', sub: /^push$/, options: ['3'], proof: 'strong' },
  { names: 'cloudflared', options: ['eyJ_'] },
  { names: 'cargo|snyk|ngrok|railway|infracost', sub: /^(?:login|auth|authtoken|add-authtoken)$/, options: ['2', '3'], proof: 'quoted' },
  { names: 'mc', sub: /^(?:alias|config)$/, options: ['6'], proof: 'strong' },
  { names: 'twine|nuget|dotnet|gem|npm|poetry|pip', options: ['-p _', '-k _', '-apikey _', '--api-key _'], proof: 'strong' },
  { names: 'poetry', sub: /^config$/, options: ['4', '3'], proof: 'strong' },
  { names: 'p4', options: ['-P _'], proof: 'strong' },
  { names: 'doctl|flyctl|fly|vercel|netlify|heroku|gh|glab', options: ['-t _', '--token _', '--access-token _', '--auth _'], proof: 'strong' },
  { names: 'tailscale', options: ['--authkey _', '--auth-key _'] },
  { names: 'sonar-scanner|mvn|gradle|ant', options: ['-Dsonar.login=_', '-Dsonar.token=_', '-Psigning.password=_', '-Dpassword=_'] },
  // Archives, keys and signatures
  { names: '(?:un)?zip|zipcloak|funzip', options: ['-P _', '-P_', '--password _'], proof: 'quoted', grouped: true },
  { names: '7z[azr]?|7zz|p7zip|(?:un)?rar|winrar|unar|lsar', options: ['-p_', '-hp_', '-p _', '-password _'], proof: 'quoted' },
  { names: 'openssl', options: ['-k _', '-pass pass:_', '-passin pass:_', '-passout pass:_', '-passcerts pass:_', '-password pass:_', '-kdfopt pass:_', '-pass:_', '-psk _', '-K _'], proof: 'quoted' },
  { names: 'openssl', sub: /^passwd$/, options: ['last'], proof: 'strong' },
  { names: 'keytool|jarsigner', options: ['-storepass _', '-keypass _', '-srcstorepass _', '-deststorepass _', '-srckeypass _', '-destkeypass _', '-new _'] },
  { names: 'apksigner', options: ['--ks-pass pass:_', '--key-pass pass:_'] },
  { names: 'signtool|certutil|pvk2pfx|osslsigncode|altool|notarytool', options: ['/p _', '-p _', '-po _', '-pi _', '-pass _', '-pkcs12-pass _'], proof: 'quoted' },
  { names: 'gpg2?|gpgsm|borg|restic|duplicity|age', options: ['--passphrase _', '--passphrase-repeat _'] },
  { names: 'ssh-keygen|puttygen', options: ['-N _', '-P _', '--new-passphrase _'], proof: 'quoted' },
  { names: 'htpasswd', options: ['last'], sub: /^-[a-zA-Z]*b/, proof: 'quoted' },
  { names: 'pdftk', options: ['user_pw _', 'owner_pw _', 'input_pw _'] },
  { names: 'pdfto\\w+|pdfinfo|pdfimages|pdfunite', options: ['-upw _', '-opw _'] },
  { names: 'qpdf', sub: /^--encrypt$/, options: ['1', '2'], proof: 'strong' },
  { names: 'steghide|outguess|stegseek', options: ['-p _', '-p_'], proof: 'quoted' },
  { names: 'cryptsetup|veracrypt|truecrypt', options: ['-p _', '-p=_', '--password _'], proof: 'strong' },
  // Machines and networks
  { names: 'ipmitool|ipmi-\\w+|ipmicfg', options: ['-P _', '-P_', '-p _'], proof: 'quoted' },
  { names: 'racadm|perccli|ilorest|hponcfg|onecli', options: ['-p _', '--password _'], proof: 'strong' },
  { names: 'wpa_passphrase', options: ['2'], proof: 'quoted' },
  { names: 'netsh', sub: /^wlan$/i, options: ['keyMaterial _', 'key _'], proof: 'quoted' },
  { names: 'networksetup', options: ['3'], proof: 'strong' },
  { names: 'security', sub: /^(?:add-(?:generic|internet)-password|import)$/, options: ['-w _', '-w_', '-P _'], proof: 'quoted' },
  { names: 'security', sub: /keychain|set-key-partition-list/, options: ['-p _', '-k _'], proof: 'quoted' },
  { names: 'iwconfig', options: ['key s:_', 'key _'], proof: 'strong' },
  { names: 'mount(?:\\.cifs|\\.smb3?)?|smbmount', options: ['-o password=_', '-o pass=_'] },
  { names: 'user(?:add|mod)', options: ['-p _', '--password _'], proof: 'strong' },
  { names: 'reg', sub: /password|passwd|pwd|secret|token/i, options: ['/d _'], proof: 'quoted' },
  { names: 'rclone', sub: /^obscure$/, options: ['2'], proof: 'strong' },
  { names: 'sshfs|rclone', options: ['--sftp-pass _', '--ftp-pass _', 'pass=_', 'pass _'], proof: 'strong' },
  { names: 'openstack|nova|swift|glance', options: ['--os-password _', '-K _'] },
  { names: 'asadmin|jboss-cli\\S*|wsadmin\\S*|wlst\\S*|catalina\\S*', options: ['-p _', '-p=_', '-password _', '--password=_'], proof: 'strong' },
]

/** Of every command. */
// biome-ignore format: a list
export const COMMON_OPTIONS: readonly string[] = [
  '--password _', '--passwd _', '--passphrase _', '--pass _', '--secret _', '-password _', '-passwd _', '-pass _', '/password:_', '/password _', '--pwd _',
]
