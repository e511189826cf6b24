import { isSecretName } from "./environment";

// `ALLOW_EMPTY_PASSWORD=yes` and `MARIADB_RANDOM_ROOT_PASSWORD=1` are switches.
const SWITCH = /^(true|false|yes|no|on|off|enabled?|disabled?|none|null)$/i;
const SWITCH_NAME = /(^|_)(ALLOW_EMPTY|RANDOM)_/i;

/** Words that are a secret by themselves, also at the end of a longer one: `WEBPASSWORD`, `DUCKDNSTOKEN`. */
const SECRET_WORD =
  /(?<!^(?:BY|COM|TRES|UNDER|OVER))PASS$|PASSWORD$|PASSWD$|PASSPHRASE$|PASSCODE$|(?<=^.+)PWD$|^PWD$|^PW$|SECRET$|TOKEN$|CREDENTIALS?$|^CREDS?$|^SALT$|^PEPPER$|^MNEMONIC$|(?:API|ACCESS|AUTH|SECRET|PRIVATE|APP|MASTER|ENCRYPTION)KEY$/;
/** What makes a key one that nobody else may have; a key may be anything else: a name, a public one, a file. */
const KEY_OF =
  /^(API|ACCESS|PRIVATE|SECRET|ENCRYPTION|ENCRYPT|DECRYPTION|CRYPTO?|CIPHER|APP|APPLICATION|MASTER|ROOT|ADMIN|PRESHARED|PSK|SHARED|SIGNING|SIGNATURE|SIGN|JWT|AUTH|AUTHENTICATION|AUTHKEY|LICENSE|LICENCE|SESSION|COOKIE|HMAC|AES|SECURITY|SECURE|ACCOUNT|STORAGE|WEBHOOK|SERVICE|TOKEN|JOIN|CONSUMER|CLIENT|FERNET|DATA|CLAIM|INTEGRATION|TSIG|OPENAI|DEEPL|STRIPE|SENDGRID|MAILGUN)$/;
/** What may follow without making it something else: `SECRET_KEY_BASE`, `AWS_ACCESS_KEY_ID`, `TOKEN_1`. */
const FOLLOWS =
  /^(KEY|BASE|VALUE|STRING|TEXT|HASH|HASHED|DIGEST|SALT|DATA|CONTENT|DEFAULT|INITIAL|PLAIN|BASE64|B64|HEX|CURRENT|OLD|NEW|PREVIOUS|PRIMARY|SECONDARY|MAIN|ROOT|ADMIN|PROD|PRODUCTION|DEV|TEST|\d+)$/;
/** How somebody logs in, which is no secret. */
const WAY =
  /^(basic|digest|ldaps?|oidc|oauth2?|saml2?|local|native|proxy|headers?|forms?|internal|external|plain|login|cram-md5|scram[\w-]*|md5|trust|peer|jwt|token|tls|ssl|starttls|optional|required|github|gitlab|google|windows|kerberos|gssapi|x509|m?tls|anonymous|password|[01])$/i;
const PLACE = /^(?:[a-z][\w+.-]*:\/\/(?![^\s/]*:[^\s/]*@)|\.{0,2}\/[\w.-]+\/|[A-Za-z]:\\)/i;

/** The words of a name: `dbPassword`, `es.db-password` and `DB_PASSWORD` have the same. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .toUpperCase()
    .split(/[^A-Z\d]+/)
    .filter(Boolean);

/** Whether the words of a name end with what is a secret. */
function namesSecret(words: string[]): boolean {
  if (words.length === 1 && /^(OLD)?PWD$/.test(words[0]!)) return false;
  for (let end = words.length; end > 0; end--) {
    const word = words[end - 1]!;
    const bare = word.replace(/(?<=[A-Z])\d+$/, "");
    if (SECRET_WORD.test(bare)) return true;
    if (word === "BASE" && words[end - 2] === "KEY") return true;
    if (bare === "KEY" && KEY_OF.test((words[end - 2] ?? "").replace(/\d+$/, ""))) return true;
    if (word === "ID" && /(^|_)(ACCESS_KEY|SECRET)$/.test(words.slice(0, end - 1).join("_"))) return true;
    if (!FOLLOWS.test(word)) return false;
  }
  return false;
}

/**
 * Whether a variable holds a secret in clear, as far as its name and its value tell. A name that a number, a place or a
 * switch belongs to is none: `PASSWORD_MIN_LENGTH`, `OAUTH_TOKEN_URL`, `SSL_KEYSTORE_LOCATION`.
 *
 * @param marked names that are secret whatever they look like
 */
export function isSecretValue(name: string, value: string | null, marked?: ReadonlySet<string>): value is string {
  if (value === null || value === "") return false;
  if (marked?.has(name)) return true;
  if (SWITCH_NAME.test(name) || SWITCH.test(value) || PLACE.test(value)) return false;
  const words = wordsOf(name);
  if (words.at(-1) === "AUTH") return !WAY.test(value);
  // How many there may be.
  if (/^(MAX|MIN|NUM|N)$/.test(words[0] ?? "") && /^\d+$/.test(value)) return false;
  return namesSecret(words);
}

/**
 * Whether a cluster keeps a variable in a Secret. What is applied goes by this rule alone, since a variable that moves
 * would change stacks that run.
 *
 * @param marked names that are secret whatever they look like
 */
export function isKeptSecret(name: string, value: string | null, marked?: ReadonlySet<string>): value is string {
  if (value === null || value === "") return false;
  return (
    marked?.has(name) || (isSecretName(name) && !SWITCH_NAME.test(name) && !/^(true|false|yes|no|on|off)$/i.test(value))
  );
}

/** A secret that is a part of a text. */
export interface SecretPart {
  value: string;
  /** Where it begins in the text. */
  index: number;
  /** What it is called there: `--requirepass`, `password`; none for that of an address. */
  name?: string;
  /** Whose it is, where an address says so. */
  user?: string;
}

const IN_ADDRESS = /[a-z][\w+.-]*:\/\/([^\s/:@'"?#]*):([^\s@'"$/<>*\uE000]+)@/gi;
// `?user=a&password=b`, `Server=db;Password=b`, `-Dspring.datasource.password=b`, `--password=b`, `--password b`.
const NAMED =
  /(?<=^|[?&;\s]|-D)(--?)?([A-Za-z][\w.-]*)(=|(?<=--?[\w.-]+)\s+)(?!-)(["']?)([^\s&;"'$`(){}<>|*\uE000]+)\4(?![^\s&;])/g;
const SWITCHES = /^(no|disable|enable|with|without|skip|allow|use|require|show|force)[-_]/i;
// Redis calls its passwords so; with anything else these words say how somebody logs in.
const REDIS = /^(requirepass|masterauth)$/i;

/** Secrets that stand in a text beside other things: in an address, behind a flag, in a list of settings. */
export function secretParts(text: string): SecretPart[] {
  const parts: SecretPart[] = [];
  for (const found of text.matchAll(IN_ADDRESS)) {
    const [all, user = "", value = ""] = found;
    parts.push({ value, index: found.index + all.length - 1 - value.length, user });
  }
  for (const found of text.matchAll(NAMED)) {
    const [all, dashes = "", name = "", , quote = "", value = ""] = found;
    const login = /auth$/i.test(name) && !REDIS.test(name);
    if (SWITCHES.test(name) || (login && !value.includes(":"))) continue;
    if (!REDIS.test(name) && !isSecretValue(name, value)) continue;
    const index = found.index + all.length - quote.length - value.length;
    if (!parts.some((part) => part.index <= index && index < part.index + part.value.length))
      parts.push({ value, index, name: `${dashes}${name}` });
  }
  return parts.sort((one, other) => one.index - other.index);
}

/** Secrets in the words of a command; a flag may have its value in the next one. */
export function secretsInWords(words: readonly string[]): (SecretPart & { word: number })[] {
  return words.flatMap((word, at) => {
    const own = secretParts(word).map((part) => ({ ...part, word: at }));
    const flag = words[at - 1] ?? "";
    if (own.length || !/^--?[A-Za-z][\w.-]*$/.test(flag) || /^-|\s/.test(word)) return own;
    return secretParts(`${flag} ${word}`)
      .filter(({ name, value }) => name === flag && value === word)
      .map((part) => ({ ...part, index: 0, word: at }));
  });
}
