import { knownImage, KNOWN_IMAGES } from "../../core/description/knownImages";
import { parseImage } from "../../core/description/names";
import type { Script } from "./inside";
import type { DumpKind } from "./manifest";

/** Reads a secret as the official images do: NAME, or the file that NAME_FILE names. */
const FUNCTIONS = `
secret() {
  eval "value=\\"\\\${$1-}\\"; file=\\"\\\${\${1}_FILE-}\\""
  if [ -n "$value" ]; then printf %s "$value"; elif [ -n "$file" ]; then cat "$file"; fi
}
first() {
  for name in "$@"; do if command -v "$name" >/dev/null 2>&1; then echo "$name"; return; fi; done
  echo "$1 is not in this image" >&2
  exit 127
}
`;

const script = (text: string, env?: string[]): Script => ({ text: `${FUNCTIONS}${text}`, env });

/** How a database writes its data as text while it runs, and reads it again. */
export interface Database {
  kind: DumpKind;
  /** Writes everything. */
  dump: Script;
  /** What stands at the end of a dump that is complete. */
  complete: RegExp;
  /** Succeeds as soon as the database answers on its port: while it makes its data, it answers on its socket only. */
  ready: Script;
  /** Takes away what is there, and reads statements. */
  load: Script;
  /** Statements before those of a dump. */
  before: string;
  /** Statements behind those of a dump: only when all has been read comes MARK. */
  after: string;
  /** What it may say while it reads a dump that is all right. */
  harmless?: RegExp;
  /** What it says of an error, where it goes on behind one. */
  error?: RegExp;
}

/** A database says this when it has read a dump to its end. */
export const MARK = "berth-has-read-all";

const SQL_PASSWORD = `
MYSQL_PWD="$(secret MARIADB_ROOT_PASSWORD)"
[ -n "$MYSQL_PWD" ] || MYSQL_PWD="$(secret MYSQL_ROOT_PASSWORD)"
export MYSQL_PWD
`;

const mysql = (kind: "mysql" | "mariadb"): Database => ({
  kind,
  dump: script(`${SQL_PASSWORD}
dump="$(first mariadb-dump mysqldump)" || exit
exec "$dump" -uroot --all-databases --single-transaction --quick --routines --events --hex-blob --flush-privileges`),
  complete: /^-- Dump completed/m,
  ready: script(`${SQL_PASSWORD}
admin="$(first mariadb-admin mysqladmin)" || exit
exec "$admin" -uroot -h127.0.0.1 --protocol=tcp --silent ping`),
  load: script(`${SQL_PASSWORD}
client="$(first mariadb mysql)" || exit
"$client" -uroot -N -B -e "SELECT concat('DROP DATABASE \\\`', replace(schema_name, '\\\`', '\\\`\\\`'), '\\\`;')
FROM information_schema.schemata
WHERE schema_name NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')" </dev/null |
  "$client" -uroot || exit
exec "$client" -uroot -N -B`),
  before: "",
  after: `\n;SELECT '${MARK}';\n`,
});

const PG_USER = `user="\${POSTGRES_USER:-postgres}"
PGPASSWORD="$(secret POSTGRES_PASSWORD)"
export PGPASSWORD
`;

const POSTGRES: Database = {
  kind: "postgres",
  dump: script(`${PG_USER}exec pg_dumpall -w -U "$user"`),
  complete: /^-- PostgreSQL database cluster dump complete/m,
  ready: script(`${PG_USER}exec pg_isready -q -U "$user" -h 127.0.0.1`),
  load: script(`${PG_USER}PGOPTIONS="-c lc_messages=C"
export PGOPTIONS
exec psql -w -X -q -A -t -U "$user" -d template1`),
  // A new cluster has databases as well, and scripts of the image may have filled them.
  before: `
SELECT format('ALTER DATABASE %I IS_TEMPLATE false', datname) FROM pg_database
  WHERE datistemplate AND datname NOT IN ('template0', 'template1') \\gexec
SELECT format('DROP DATABASE %I', datname) FROM pg_database WHERE datname NOT IN ('template0', 'template1') \\gexec
CREATE DATABASE postgres;
`,
  after: `\n\\echo ${MARK}\n`,
  error: /^(psql:\S+ )?(ERROR|FATAL|PANIC): .*/m,
  // Those that the new cluster has been given.
  harmless: /^(psql:\S+ )?ERROR: {2}role ".*" already exists$/gm,
};

const DATABASES: Record<string, Database> = {
  mysql: mysql("mysql"),
  mariadb: mysql("mariadb"),
  postgres: POSTGRES,
  "postgis/postgis": POSTGRES,
  "pgvector/pgvector": POSTGRES,
  "timescale/timescaledb": POSTGRES,
};

/** Where an image comes from a mirror or a registry of one's own, the end of its repository still says what it is. */
function wellKnown(image: string): string | undefined {
  const known = knownImage(image)?.repository;
  if (known) return known;
  const { repository } = parseImage(image, "image");
  return Object.keys(KNOWN_IMAGES).find((name) => repository === name || repository.endsWith(`/${name}`));
}

/** The database that an image holds, where it can write its data as text. */
export const databaseIn = (image: string): Database | undefined => DATABASES[wellKnown(image) ?? ""];

/** Folders in which an image keeps its data. */
export const dataFolders = (image: string): string[] =>
  knownImage(image)?.data ?? KNOWN_IMAGES[wellKnown(image) ?? ""]?.data ?? [];

/** Exit code of the script below for one that keeps a log of its changes. */
export const HAS_LOG = 4;

/**
 * Has Redis or Valkey write its data into its file, which is whole at any moment then; undefined for other images. One
 * that keeps a log of its changes as well ends with HAS_LOG: its files have to be read while it stands still.
 *
 * @param words what the container runs: the password may stand there
 */
export function savedFile(image: string, words: string[]): Script | undefined {
  if (!["redis", "valkey"].includes(wellKnown(image) ?? "")) return undefined;
  const password = words[words.indexOf("--requirepass") + 1];
  return script(
    `
[ -n "\${REDISCLI_AUTH-}" ] || REDISCLI_AUTH="$(secret REDIS_PASSWORD)"
if [ -n "$REDISCLI_AUTH" ]; then export REDISCLI_AUTH; else unset REDISCLI_AUTH; fi
client="$(first redis-cli valkey-cli)" || exit
[ "$("$client" CONFIG GET appendonly | tail -n 1)" = no ] || exit ${HAS_LOG}
"$client" BGSAVE | grep -q started || exit ${HAS_LOG}
while "$client" INFO persistence | grep -q '^rdb_bgsave_in_progress:1'; do sleep 1; done
"$client" INFO persistence | grep -q '^rdb_last_bgsave_status:ok'`,
    words.includes("--requirepass") && password ? [`REDISCLI_AUTH=${password}`] : [],
  );
}
