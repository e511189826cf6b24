import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** As the CLI writes a secret into a state. */
export const secret = (ciphertext = "v1:abc") => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext,
});

export const PIN = (letter: string) => `sha256:${letter.repeat(64)}`;

/** A service's component and its container, in the form that CLI 3.259 writes. */
export function service(
  name: string,
  description: { image: string } & Record<string, unknown>,
  { image, up = true, engine = "docker" }: { image?: string; up?: boolean; engine?: string } = {},
): object[] {
  const urn = `urn:pulumi:shop::notes::berth:services:Nginx::${name}`;
  const whole = { containerName: name, ...description };
  return [
    {
      urn,
      custom: false,
      type: "berth:services:Nginx",
      inputs: { containerName: whole.containerName, image: description.image },
      ...(up ? { outputs: { __ran: { description: whole, engine, image } } } : {}),
    },
    {
      urn: `urn:pulumi:shop::notes::berth:services:Nginx$docker:index/container:Container::${name}`,
      custom: true,
      type: "docker:index/container:Container",
      parent: urn,
      inputs: { image: description.image, name },
    },
  ];
}

export const network = (name: string): object => ({
  urn: `urn:pulumi:shop::notes::docker:index/network:Network::${name}`,
  custom: true,
  type: "docker:index/network:Network",
  inputs: { name },
});

export interface RecordedUpdate {
  kind?: string;
  result?: string;
  message?: string;
  environment?: Record<string, string>;
  changes?: Record<string, number>;
  resources: object[];
}

/** Midnight of the first of January 2026, plus an hour for each update. */
export const startOf = (number: number) => 1767225600 + number * 3600;

/** Writes what the CLI keeps in a folder of its file backend. */
export function recordHistory(
  states: string,
  updates: RecordedUpdate[],
  { project = "notes", stack = "shop", packed = false }: { project?: string; stack?: string; packed?: boolean } = {},
): void {
  const folder = join(states, ".pulumi/history", project, stack);
  const stacks = join(states, ".pulumi/stacks", project);
  for (const one of [folder, stacks]) mkdirSync(one, { recursive: true });
  const write = (file: string, value: object) => {
    const text = JSON.stringify(value);
    writeFileSync(packed ? `${file}.gz` : file, packed ? gzipSync(text) : text);
  };
  for (const [index, { kind = "update", result = "succeeded", resources, ...update }] of updates.entries()) {
    const name = join(folder, `${stack}-${startOf(index + 1)}000000000`);
    const state = { version: 3, checkpoint: { stack, latest: { manifest: {}, resources } } };
    write(`${name}.history.json`, {
      kind,
      result,
      startTime: startOf(index + 1),
      endTime: startOf(index + 1) + 5,
      message: update.message ?? "",
      environment: update.environment ?? {},
      config: {},
      version: 0,
      resourceChanges: update.changes ?? { update: 1 },
    });
    write(`${name}.checkpoint.json`, state);
    write(join(stacks, `${stack}.json`), state);
  }
}
