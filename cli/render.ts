import { say } from "../core/description/say";
import type { Plan, PlannedResource } from "./plan";

/** What a resource is, in the words of the person who declared it. */
function describe({ type, inputs }: PlannedResource): string {
  const text = (key: string) => (typeof inputs[key] === "string" ? (inputs[key] as string) : "");
  switch (type) {
    case "docker:index/remoteImage:RemoteImage":
      return say`image ${text("name")}`;
    case "docker:index/volume:Volume":
      return say`volume ${text("name") || say`(anonymous)`}`;
    case "docker:index/network:Network":
      return say`network ${text("name")}`;
    case "docker:index/container:Container":
      return say`container ${text("name")}`;
    case "pulumi:pulumi:Stack":
      return "stack";
    default: {
      const ports = Array.isArray(inputs.ports) ? `  ${inputs.ports.join(", ")}` : "";
      return `${type.split(":").at(-1)}${ports}`;
    }
  }
}

/** Inputs worth a line in the tree; the commands below a container say the rest. */
function details({ type, inputs }: PlannedResource): string[] {
  if (!type.startsWith("berth:")) return [];
  const environment = inputs.environment as Record<string, unknown> | string | undefined;
  if (environment === undefined) return [];
  if (typeof environment === "string") return [`environment: ${environment}`];
  return Object.entries(environment).map(([name, value]) => `${name}=${String(value)}`);
}

const KINDS = [
  "berth:",
  "docker:index/network:",
  "docker:index/volume:",
  "docker:index/container:",
  "docker:index/remoteImage:",
];

/** Services first, then what they need; the order of registration depends on timing. */
function inReadingOrder(a: PlannedResource, b: PlannedResource): number {
  const kind = ({ type }: PlannedResource) => KINDS.findIndex((prefix) => type.startsWith(prefix));
  return kind(a) - kind(b) || a.name.localeCompare(b.name);
}

/** The plan as a tree. */
export function renderPlan(plan: Plan): string {
  const lines: string[] = [];
  const children = (parent: string | undefined) =>
    plan.resources.filter((resource) => resource.parent === parent).sort(inReadingOrder);
  const visit = (resource: PlannedResource, indent: string, last: boolean, top: boolean) => {
    const branch = top ? "" : last ? "└─ " : "├─ ";
    const below = top ? "" : indent + (last ? "   " : "│  ");
    lines.push(`${indent}${branch}+ ${resource.name}  ${describe(resource)}`);
    const own = children(resource.urn);
    const bar = own.length ? "│ " : "  ";
    for (const detail of [...details(resource), ...(resource.commands ?? [])])
      lines.push(`${below}${bar}    ${detail}`);
    for (const [index, child] of own.entries()) visit(child, below, index === own.length - 1, false);
  };
  for (const root of children(undefined)) visit(root, "", true, true);
  const count = plan.resources.length;
  return [
    ...lines,
    "",
    say`${count} to create in an empty stack`,
    ...plan.warnings.map((warning) => say`warning: ${warning}`),
    ...plan.notes.map((note) => say`note: ${note}`),
  ].join("\n");
}
