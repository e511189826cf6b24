import { isKeptSecret, isSecretValue } from "../../../core/description/secretValue";

// Variables of published images, each with a value as people write it.
const SECRETS = `
MYSQL_ROOT_PASSWORD=changeme
POSTGRES_PASSWORD=1234
password=x1
db_passwd=x1
GF_SECURITY_ADMIN_PASSWORD=grafana
RABBITMQ_DEFAULT_PASS=guest
WEBPASSWORD=letmein
PAPERLESS_DBPASS=paperless
PGPASSWORD=pg
MYSQL_PWD=my
FTP_USER_PASS=ftp
VNC_PW=vnc
SUDO_PASSWORD_HASH=$1$x
SSH_PASSPHRASE=open sesame
DUCKDNSTOKEN=a7c4
DUCKDNS_TOKEN=a7c4
GITHUB_TOKEN=ghp_x
HF_TOKEN=hf_x
INFLUXD_INIT_ADMIN_TOKEN=x1
TUNNEL_TOKEN=eyJ
CF_DNS_API_TOKEN=x1
TOKEN_1=x1
API_KEY=k1
APIKEY=k1
OPENAI_API_KEY=sk-x
AWS_ACCESS_KEY_ID=AKIA
AWS_SECRET_ACCESS_KEY=wJal
MINIO_ACCESS_KEY=minio
MINIO_SECRET_KEY=minio123
SECRET_KEY=django
SECRET_KEY_BASE=rails
GITLAB_SECRETS_DB_KEY_BASE=long
GITLAB_SECRETS_OTP_KEY_BASE=long
N8N_ENCRYPTION_KEY=n8n
ENCRYPTION_KEY=k1
APP_KEY=base64:x
MEILI_MASTER_KEY=m
PRESHARED_KEY=wg
VPN_IPSEC_PSK_KEY=x1
TLS_PRIVATE_KEY=-----BEGIN
TS_AUTHKEY=tskey
JWT_SECRET=j
NEXTAUTH_SECRET=n
OAUTH2_PROXY_CLIENT_SECRET=o
VAULT_SECRET_ID=v
LICENSE_KEY=l1
GOOGLE_CREDENTIALS={}
REDIS_AUTH=r
NEO4J_AUTH=neo4j/test
SALT=s
AUTH_SALT=s
HASURA_GRAPHQL_ADMIN_SECRET=h
bootstrap.password=e
spring.datasource.password=s
es-token=e
adminPassword=a
KC_BOOTSTRAP_ADMIN_PASSWORD=k
LDAP_ADMIN_PASSWORD=admin
SMTP_PASS=s
SMTP_PASSWORD2=s
SESSION_KEY=s
FERNET_KEY=f
AIRFLOW__CORE__FERNET_KEY=f
SUPABASE_SERVICE_KEY=s
CLIENT_SECRET=c
TELEGRAM_BOT_TOKEN=1:a
KEYSTORE_PASSWORD=k
`;

const OTHERS = `
ACCESS_TOKEN_EXPIRY_TIME=86400
ACCESS_TOKEN_EXPIRE_MINUTES=30
OAUTH_TOKEN_URL=https://x.example/token
SECRET_PORT=3000
PASSWORD_MIN_LENGTH=8
PASSWORD_POLICY=strict
SSL_KEYSTORE_LOCATION=/etc/kafka/keystore.jks
KAFKA_SSL_KEYSTORE_FILENAME=kafka.jks
MYSQL_ROOT_PASSWORD_FILE=/run/secrets/root
POSTGRES_PASSWORD=/run/secrets/pg
SECRET_PATH=/etc/secret
MYSQL_ALLOW_EMPTY_PASSWORD=yes
MARIADB_RANDOM_ROOT_PASSWORD=1
MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1
ALLOW_EMPTY_PASSWORD=yes
PASSWORD_ACCESS=true
PASSWORD_RESET=false
SSH_PUBLIC_KEY=ssh-ed25519 AAAA
PUBLIC_KEY=x
RECAPTCHA_SITE_KEY=x
KEY=x
PRIMARY_KEY=id
KEYBOARD=us
KEYMAP=de
AUTHOR=ada
AUTH_TYPE=basic
SMTP_AUTH=login
SMTP_AUTH=plain
N8N_BASIC_AUTH_ACTIVE=true
JWT_ALGORITHM=HS256
JWT_ISSUER=me
JWT_TTL=3600
TOKEN_TTL=600
TOKENIZER=llama
TOKENIZERS_PARALLELISM=false
MAX_TOTAL_TOKENS=4096
MAX_TOKEN=4096
SECRET_NAME=app
VAULT_SECRETS_MOUNT=kv
COMPASS=north
BYPASS=1
PASSTHROUGH=all
PASS_MAX_DAYS=90
PWD=/home/ada
OLDPWD=/home/ada
CREDENTIALS_PATH=/creds
GOOGLE_APPLICATION_CREDENTIALS=/secrets/key.json
OAUTH_CLIENT_ID=abc
API_KEY_HEADER=X-Api-Key
SALTSTACK=master
PASSWORD_AUTHENTICATION=no
TOKEN_HEADER_NAME=X-Token
KC_HTTPS_CERTIFICATE_KEY_FILE=/x.pem
SSH_AUTH_SOCK=/tmp/agent
MINIO_BROWSER=on
SESSION_COOKIE_SECURE=true
APP_NAME=x
DB_USER=x
`;

const rows = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((row) => row.split(/=(.*)/s).slice(0, 2) as [string, string]);

test.each(rows(SECRETS))("%s=%s is a secret", (name, value) => {
  expect(isSecretValue(name, value)).toBe(true);
});

test.each(rows(OTHERS))("%s=%s is none", (name, value) => {
  expect(isSecretValue(name, value)).toBe(false);
});

test("what is marked is a secret by any name, and nothing is none", () => {
  expect(isSecretValue("COLOUR", "red", new Set(["COLOUR"]))).toBe(true);
  expect(isSecretValue("PASSWORD", "")).toBe(false);
  expect(isSecretValue("PASSWORD", null)).toBe(false);
});

test("what a cluster keeps in a Secret is what it always was, since it would move in stacks that run", () => {
  expect(isKeptSecret("ENCRYPTION_KEY", "x")).toBe(false);
  expect(isKeptSecret("PASSWORD_MIN_LENGTH", "8")).toBe(true);
  expect(isKeptSecret("ALLOW_EMPTY_PASSWORD", "yes")).toBe(false);
  expect(isKeptSecret("DB_PASSWORD", "x")).toBe(true);
});
