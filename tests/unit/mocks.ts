import * as vm from "node:vm";
import * as pulumi from "@pulumi/pulumi";
import { shortenStackTraces } from "../../core/pulumi/patches/shortStackTraces";

// As in a real program: formatting traces that nobody reads would take half of these tests' time. Jest formats
// those of its sandbox from outside.
Error.prepareStackTrace ??= (vm.runInThisContext("Error") as ErrorConstructor).prepareStackTrace;
shortenStackTraces();

/** What the program asked Pulumi to make. */
export interface Recorded {
  type: string;
  name: string;
  custom: boolean;
  /** URN of the parent, or "". */
  parent: string;
  /** Inputs with secrets unwrapped; what is only known later stands as `undefined`. */
  inputs: Record<string, unknown>;
  /** Paths of the inputs that are secret, e.g. `environment.MYSQL_ROOT_PASSWORD`. */
  secrets: string[];
  provider: string;
  dependencies: string[];
  deleteBeforeReplace: boolean;
  retainOnDelete: boolean;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  replacementTrigger: unknown;
  beforeCreate: string[];
  beforeUpdate: string[];
  onError: string[];
}

export interface World {
  resources: Recorded[];
  /** Hooks that were registered, by name. */
  hooks: Map<string, pulumi.ResourceHook>;
  /** Names of the registered error hooks. */
  errorHooks: Set<string>;
  /** What a wrong Output leaves behind: the sentences that the program would end with. */
  lateErrors(): string[];
  /** Warnings that the program logged. */
  warnings: string[];
  /** Waits until everything declared so far is registered. */
  done(): Promise<void>;
  /** The only resource of a type, or of a type and name. */
  one(type: string, name?: string): Recorded;
  all(type: string): Recorded[];
}

export interface WorldOptions {
  project?: string;
  stack?: string;
  config?: Record<string, string>;
  secretConfig?: string[];
  preview?: boolean;
  /** False: a monitor without resource hooks, like the SDK's own mocks. @default true */
  hooks?: boolean;
}

export const CONTAINER = "docker:index/container:Container";
export const IMAGE = "docker:index/remoteImage:RemoteImage";
export const VOLUME = "docker:index/volume:Volume";
export const NETWORK = "docker:index/network:Network";
export const REGISTRY_IMAGE = "docker:index/registryImage:RegistryImage";

/** What every image that was pushed has at its registry. */
export const PUSHED_DIGEST = `sha256:${"d".repeat(64)}`;

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Takes a serialized value apart into the plain value and the paths that were secret. */
function unwrap(value: unknown, path: string, secrets: string[]): unknown {
  if (value === UNKNOWN) return undefined;
  if (Array.isArray(value)) return value.map((item, index) => unwrap(item, `${path}[${index}]`, secrets));
  if (value === null || typeof value !== "object") return value;
  const record = value as Record<string, unknown>;
  if (record[SIGNATURE] === SECRET) {
    secrets.push(path);
    return unwrap(record.value, path, secrets);
  }
  const entries = Object.entries(record);
  return Object.fromEntries(entries.map(([key, item]) => [key, unwrap(item, path ? `${path}.${key}` : key, secrets)]));
}

interface HooksBinding {
  getBeforeCreateList(): string[];
  getBeforeUpdateList(): string[];
  getOnErrorList(): string[];
}
interface Request {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getParent(): string;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
  getProvider(): string;
  getDependenciesList(): string[];
  getDeletebeforereplace(): boolean;
  getRetainondelete(): boolean;
  getIgnorechangesList(): string[];
  getReplaceonchangesList(): string[];
  getReplacementTrigger(): { toJavaScript(): unknown } | undefined;
  getHooks(): HooksBinding | undefined;
}

function record(request: Request): Recorded {
  const secrets: string[] = [];
  const inputs = unwrap(request.getObject()?.toJavaScript() ?? {}, "", secrets) as Record<string, unknown>;
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: request.getParent(),
    inputs,
    secrets,
    provider: request.getProvider(),
    dependencies: request.getDependenciesList(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    retainOnDelete: request.getRetainondelete(),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    replacementTrigger: request.getReplacementTrigger()?.toJavaScript(),
    beforeCreate: request.getHooks()?.getBeforeCreateList() ?? [],
    beforeUpdate: request.getHooks()?.getBeforeUpdateList() ?? [],
    onError: request.getHooks()?.getOnErrorList() ?? [],
  };
}

// Jest gives tests a copy of `process`; rejections arrive at the real one.
const realProcess = vm.runInThisContext("process") as NodeJS.Process;
let latest = { errors: new Set<Error>(), asked: false };
function collect(error: unknown, promise: Promise<unknown>): void {
  // Only the sentences that a program is meant to end with; anything else fails the test by itself.
  if (!(error instanceof Error && (pulumi.RunError.isInstance(error) || pulumi.ResourceError.isInstance(error))))
    return;
  latest.errors.add(error);
  promise.catch(() => {});
}
realProcess.on("unhandledRejection", collect);
afterAll(() => void realProcess.off("unhandledRejection", collect));
afterEach(() => {
  const { errors, asked } = latest;
  latest = { errors: new Set(), asked: false };
  if (errors.size && !asked) throw new Error(`nobody asked about: ${[...errors].map((error) => error.message)}`);
});

/** A fresh Pulumi runtime with mocks; what was declared before belongs to another program. */
export async function world(options: WorldOptions = {}): Promise<World> {
  const { project = "berth", stack = "test", config = {}, secretConfig = [], preview = false, hooks = true } = options;
  const resources: Recorded[] = [];
  const errors = new Set<Error>();
  const late = { errors, asked: false };
  latest = late;
  const result: World = {
    resources,
    hooks: new Map(),
    errorHooks: new Set(),
    // The SDK puts its own words before the same error, once for each promise that passes it on.
    lateErrors() {
      late.asked = true;
      return [
        ...new Set([...errors].map((error) => error.message.replace(/^(error serializing property "\w+": )+/, ""))),
      ];
    },
    warnings: [],
    async done() {
      let registered = false;
      const all = pulumi.runtime.disconnect().then(() => {
        registered = true;
      });
      // After an error some registrations are never answered.
      while (!registered && errors.size === 0) await new Promise((resolve) => setImmediate(resolve));
      await (errors.size ? quiet() : all);
    },
    all: (type) => resources.filter((resource) => resource.type === type),
    one(type, name) {
      const found = resources.filter((one) => one.type === type && (name === undefined || one.name === name));
      if (found.length !== 1)
        throw new Error(`${found.length} resources of ${type} ${name ?? ""}: ${names(resources)}`);
      return found[0]!;
    },
  };
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ type, name, inputs }) => ({
      id: preview ? undefined : type === REGISTRY_IMAGE ? PUSHED_DIGEST : `${name}-id`,
      state: {
        ...inputs,
        ...(type === IMAGE ? { imageId: `sha256:${name}` } : {}),
        ...(type === VOLUME ? { name: inputs.name ?? `${name}-generated` } : {}),
      },
    }),
    call: ({ inputs }) => inputs,
  };
  await pulumi.runtime.setMocks(mocks, project, stack, preview);
  pulumi.runtime.setAllConfig(config, secretConfig);
  pulumi.log.warn = async (message) => void result.warnings.push(message);

  const monitor = pulumi.runtime.getMonitor() as unknown as Record<string, unknown>;
  const register = (monitor.registerResource as (request: Request, callback: unknown) => unknown).bind(monitor);
  monitor.registerResource = (request: Request, callback: unknown) => {
    resources.push(record(request));
    return register(request, callback);
  };
  if (hooks) {
    // The SDK's mocks know no hooks. A server of callbacks for each test would take longer than the test.
    for (const register of ["registerResourceHook", "registerErrorHook"])
      monitor[register] = (_: unknown, callback: (error: null, response: object) => void) => callback(null, {});
    const { getStore } = require("@pulumi/pulumi/runtime/state") as { getStore(): { callbacks: unknown } };
    getStore().callbacks = {
      registerResourceHook: async (hook: pulumi.ResourceHook) => void result.hooks.set(hook.name, hook),
      registerErrorHook: async (hook: pulumi.ErrorHook) => void result.errorHooks.add(hook.name),
      awaitStackRegistrations: async () => {},
      shutdown: () => {},
    };
  }
  return result;
}

/** Waits until the promises that can run have run, where some of them never will. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export const names = (resources: Recorded[]): string[] =>
  resources.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`);

/** The last part of a URN: the logical name. */
export const nameOf = (urn: string): string => urn.split("::").at(-1)!;

/** The value of an Output; what is never known stays undefined. */
export function value<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise(): Promise<T> }).promise();
}
