import { FORMER, KEYS } from "../core/host/daemon/keys";
import { NAMES } from "../components/daemonConfig";
import { table } from "./table";

const code = (text: string) => `\`${text}\``;

const argumentOf = (key: string): string => {
  const name = Object.entries(NAMES).find(([, named]) => named === key)?.[0];
  return name ? code(name) : "";
};

/** The text of docs/daemon-json.md. */
export function daemonJsonPage(): string {
  const rows = Object.entries(KEYS).map(([key, { reload, map, since }]) => [
    code(key),
    argumentOf(key),
    reload ? "reload" : "restart",
    map ? "each entry by itself" : "",
    since ?? "",
  ]);
  const former = Object.entries(FORMER).map(([key, [problem]]) => [code(key), problem]);
  return `# Every setting of daemon.json

Made by \`npm run docs\` from the table in \`core/host/daemon/keys.ts\`; do not edit.

An argument of [DaemonConfig](api/index.md#daemonconfig), or a name in its \`settings\`; in the stack \`host\` by
\`pulumi config set --path 'host:daemon.NAME' VALUE\`. A setting that dockerd does not know keeps it from starting, so
names that are not in this table are refused, and so are those that are newer than the engine.

- **reload**: the engine takes a change, and the setting's removal, without a restart where no other setting needs one.
- **restart**: the engine restarts; containers live on with \`live-restore\`, which is on unless you say otherwise.
- **each entry by itself**: entries that somebody else has added stay; of all others the whole value is what is declared.

${table(["setting", "argument", "a change needs", "merged", "from engine"], rows)}

## Names of old notes

Refused, each with what it is called today.

${table(["name", "today"], former)}
`;
}
