import { FLAGS, type Fate, type FlagEntry } from "../core/readers/dockerRun";
import { table } from "./table";

const HEADINGS: [fate: Fate, heading: string, text: string][] = [
  ["honoured", "Honoured", "Each becomes the field of the service that stands beside it."],
  ["equivalent", "Met by something else", "What the flag did is done in another way."],
  [
    "refused by the provider",
    "Refused when it is applied",
    "The description has the field, but the Docker provider has no word for it. The line is read; applying it is refused.",
  ],
  ["client", "The client's own", "These concern the program that the line is typed into. A notice says so."],
  ["refused", "Refused", "Nothing in a stack can do this. The error names the way out."],
  ["gone", "Gone from Docker", "Refused as well."],
];

const code = (text: string) => `\`${text}\``;
const sentence = (text: string) => `${text[0]!.toUpperCase()}${text.slice(1)}.`;

const row = ({ names, field, says, remedy }: FlagEntry): string[] => [
  names.map(code).join(", "),
  field ? code(field) : "",
  sentence(remedy === undefined ? says : `${says}; ${remedy}`),
];

const flags = (entries: FlagEntry[]) => table(["flag", "field", "what becomes of it"], entries.map(row));

/** The text of docs/docker-run-flags.md. */
export function dockerRunPage(): string {
  const parts = HEADINGS.map(([fate, heading, text]) => {
    const entries = FLAGS.filter(({ becomes, podman }) => becomes === fate && !podman);
    return `## ${heading}\n\n${text}\n\n${flags(entries)}`;
  });
  const podman = FLAGS.filter((entry) => entry.podman);
  return `# Every flag of docker run

Made by \`npm run docs\` from the table in \`core/readers/dockerRun/flags.ts\`; do not edit. How to use a line:
[docker run](docker-run.md).

A line is read as the shell and the docker client read it, and nothing is run. \`docker run\`, \`docker create\`,
\`docker container run\`, \`podman run\` and \`nvidia-docker run\` are taken, with a prompt, \`sudo\` or variables in front and
continued over several rows. What needs a program or other files is refused with the place marked: \`$(...)\` except
\`$(pwd)\`, pipes, redirections except to \`/dev/null\`, unquoted patterns, a second command, and variables that are not set.

${parts.join("\n\n")}

## Flags of podman run

Taken only in a line that begins with \`podman\`.

${flags(podman)}
`;
}
