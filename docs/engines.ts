import { REFUSED as docker } from "../core/mapping/docker";
import { REFUSED as kubernetes } from "../core/mapping/kubernetes/refused";
import { REFUSED as swarm } from "../core/mapping/swarm";
import { PARSERS, type Refusals } from "../core/description/service";
import { table } from "./table";

const ENGINES: [name: string, refused: Refusals][] = [
  ["Docker", docker],
  ["Swarm", swarm],
  ["Kubernetes", kubernetes],
];
const FIELDS = Object.keys(PARSERS) as (keyof typeof PARSERS)[];

/** One page for every field that at least one engine refuses. */
export function enginesPage(): string {
  const refusedSomewhere = FIELDS.filter((field) => ENGINES.some(([, refused]) => refused[field])).sort();
  const everywhere = FIELDS.filter((field) => !refusedSomewhere.includes(field)).sort();
  const summary = refusedSomewhere.map((field) => [
    `\`${field}\``,
    ...ENGINES.map(([, refused]) => (refused[field] ? "refused" : "yes")),
  ]);
  const reasons = ENGINES.map(([name, refused]) => {
    const rows = refusedSomewhere.flatMap((field) =>
      refused[field] ? [[`\`${field}\``, refused[field].join("; ")]] : [],
    );
    return `## Why ${name} refuses\n\n${table(["field", "reason and way out"], rows)}`;
  });
  return `# What each engine can do

Made by \`npm run docs\` from the tables of the engines; do not edit.

A service is described once and runs where \`berth:engine\` (or the argument \`engine\`) says: \`docker\`, \`swarm\` or
\`kubernetes\`. What an engine cannot do is refused at preview by the field's name, never dropped. Single values can be
refused too (a user by name on Kubernetes, a bridge network on a Swarm); the sentence says what to write instead.

${table(["field", ...ENGINES.map(([name]) => name)], summary)}

Every engine takes ${everywhere.map((field) => `\`${field}\``).join(", ")}.

## What becomes of what

${table(
  ["described", "Docker", "Swarm", "Kubernetes"],
  [
    ["a service", "container", "service", "Deployment and Service; DaemonSet for `mode: global`, Job for a job"],
    ["`replicas`", "1", "tasks", "pods"],
    [
      "published port",
      "host port",
      "port of every node",
      "node port: itself in 30000 to 32767, else 30000 + port modulo 2768, or `kubernetes.nodePorts`",
    ],
    ["named volume", "volume", "volume of the node", "claim; filled from the image when it is empty, as Docker does"],
    ["folder of the host", "bind", "bind on the node", "hostPath on the node"],
    ["`healthcheck`", "health check", "health check", "readiness probe, and a startup probe for `startPeriod`"],
    [
      "`secrets`, `configs`",
      "files in the container",
      "secrets and configs, named after their content",
      "Secret and ConfigMap",
    ],
    ["secret variable", "variable", "variable", "Secret that the variable refers to"],
    ["`networks`", "networks", "overlay networks", "none: pods reach each other; addresses and drivers are refused"],
    ["`gpus`", "device requests", "generic resources", "`nvidia.com/gpu`; a count only"],
    [
      "`build`",
      "image on the engine",
      "image named after its content, pushed to `berth:registry` where one is set",
      "the same; a registry is needed",
    ],
    ["name of a service", "container's name and aliases", "service's name and aliases", "Service's name and aliases"],
  ],
)}

${reasons.join("\n\n")}
`;
}
