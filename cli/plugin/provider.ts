import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { connect } from "../../components/parts/connect";
import { checkArguments } from "../../core/description/errors";
import { say } from "../../core/description/say";
import { chosenEngine } from "../../core/engines/engine";
import { reporter } from "../../core/pulumi/componentErrors";
import { endWith } from "../../core/pulumi/endWithCli";
import { perProvider } from "../../core/pulumi/perProgram";
import { version } from "../project";
import { COMPONENTS } from "./components";

const SCHEMA = readFileSync(join(__dirname, "schema.json"), "utf8");
const { resources: RESOURCES } = JSON.parse(SCHEMA) as {
  resources: Record<string, { inputProperties: object; properties: object }>;
};

/** The look at the engine, once for each program that asks for components. */
const looks = perProvider(() => new Map<string, Promise<void>>());

function lookAt(place: string): Promise<void> {
  const begun = looks();
  let look = begun.get(place);
  if (!look) {
    look = place === "host" ? Promise.resolve() : connect([place as ReturnType<typeof chosenEngine>]);
    begun.set(place, look);
  }
  return look;
}

/** Makes a component from what a program in another language says, which no compiler has looked at. */
export async function make(
  name: string,
  type: string,
  inputs: pulumi.Inputs,
  options: pulumi.ComponentResourceOptions,
): Promise<pulumi.ComponentResource & Record<string, unknown>> {
  const component = type.split(":").at(-1)!;
  const { className, load } = COMPONENTS[component]!;
  reporter(className, name)(() => checkArguments(inputs, Object.keys(RESOURCES[type]!.inputProperties), component));
  const Component = await load();
  return new Component(name, inputs as never, options) as pulumi.ComponentResource & Record<string, unknown>;
}

/** Serves berth's components to programs in every language of Pulumi. */
class Plugin implements pulumi.provider.Provider {
  readonly version = version();
  readonly schema = SCHEMA;

  async construct(
    name: string,
    type: string,
    inputs: pulumi.Inputs,
    options: pulumi.ComponentResourceOptions,
  ): Promise<pulumi.provider.ConstructResult> {
    const spec = COMPONENTS[type.split(":").at(-1)!];
    if (!spec) throw new Error(say`berth has no component ${type}; there are ${Object.keys(COMPONENTS).join(", ")}`);
    await lookAt(spec.place ?? chosenEngine());
    const component = await make(name, type, inputs, options);
    const state = Object.keys(RESOURCES[type]!.properties).map((key) => [key, component[key]]);
    return { urn: component.urn, state: Object.fromEntries(state) };
  }
}

/** The plugin `pulumi-resource-berth`. */
export function serve(args: string[]): Promise<void> {
  // The address of the CLI's server comes last; there is none where somebody has started the plugin by hand.
  const [before, last] = ["", ...args].slice(-2);
  if (before !== "--tracing" && last && !last.startsWith("-")) endWith(last);
  return pulumi.provider.main(new Plugin(), args);
}
