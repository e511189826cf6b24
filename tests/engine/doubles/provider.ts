import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { isDeepStrictEqual } from "node:util";
import { KINDS, type Props, RESOURCES } from "./resources";
import type { Store } from "./store";

/** Names the store's folder. */
export const STORE_VARIABLE = "BERTH_DOUBLE_STORE";

/** How the engine writes a value that it does not know yet. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Kind = keyof typeof KINDS;
const typeOf = (urn: string) => urn.split("::")[2]!.split("$").at(-1) as Kind;
const nameOf = (urn: string) => urn.split("::")[3]!;

export const plain = (struct: Struct | undefined): Props => (struct ? (struct.toJavaScript() as Props) : {});

export function struct(props: Props): Struct {
  const defined = JSON.parse(JSON.stringify(props)) as Record<string, JavaScriptValue>;
  return Struct.fromJavaScript(defined);
}

/**
 * The difference as bridged providers see it: given arguments are compared with what was read back, not with
 * what was given before, and for some arguments a removal is no difference.
 */
function changedArguments(type: Kind, state: Props, oldInputs: Props, news: Props): string[] {
  const { keptWhenRemoved } = RESOURCES[type]!;
  const empty = (value: unknown) => value === undefined || value === null || value === false || value === 0;
  return [...new Set([...Object.keys(oldInputs), ...Object.keys(news)])].filter((key) => {
    if (news[key] === undefined) return !empty(oldInputs[key]) && !keptWhenRemoved.includes(key);
    // A set has no order.
    const comparable = (value: unknown) => (["ports", "labels", "uploads"].includes(key) ? sorted(value) : value);
    return !isDeepStrictEqual(comparable(withoutEmpty(state[key])), comparable(withoutEmpty(news[key])));
  });
}

const withoutEmpty = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
const sorted = (value: unknown) => (Array.isArray(value) ? value.map((item) => JSON.stringify(item)).sort() : value);

/** A refresh brings new values of what the program gave, and nothing else, into the inputs. */
function partOf(found: unknown, given: unknown): unknown {
  const isRecord = (value: unknown): value is Props =>
    value !== null && typeof value === "object" && !Array.isArray(value);
  if (!isRecord(found) || !isRecord(given)) return found;
  return Object.fromEntries(Object.keys(given).map((key) => [key, partOf(found[key], given[key])]));
}

/** Hangs after an object was made for as long as a test wants, so that the CLI can be killed meanwhile. */
async function whileHeld(store: Store, type: Kind, name: string): Promise<void> {
  while (store.isHeld(KINDS[type], name)) await new Promise((resolve) => setTimeout(resolve, 50));
}

type Call<Q> = grpc.ServerUnaryCall<Q, unknown>;

/** Answers with what a function returns, or with the text of its error. */
export function unary<Q, R>(answer: (request: Q) => R | Promise<R>): grpc.handleUnaryCall<Q, R> {
  return (call: Call<Q>, callback) => {
    Promise.resolve()
      .then(() => answer(call.request))
      .then(
        (response) => callback(null, response),
        (error: Error) => callback({ code: grpc.status.UNKNOWN, details: error.message }),
      );
  };
}

/** What every double answers alike. */
export const common = (version: string) => ({
  getPluginInfo: unary(() => {
    const info = new PluginInfo();
    info.setVersion(version);
    return info;
  }),
  checkConfig: unary(asGiven),
  diffConfig: unary(() => new messages.DiffResponse()),
  configure: unary((_: messages.ConfigureRequest) => configured()),
  check: unary(asGiven),
  cancel: unary(() => new Empty()),
});

function asGiven(request: messages.CheckRequest): messages.CheckResponse {
  const response = new messages.CheckResponse();
  response.setInputs(request.getNews());
  return response;
}

/** The answer to its settings. */
export function configured(): messages.ConfigureResponse {
  const response = new messages.ConfigureResponse();
  response.setSupportspreview(true);
  // Bridged providers do not take secrets either: the CLI unwraps them, and marks the outputs of the same names as
  // secret again.
  response.setAcceptsecrets(false);
  return response;
}

/** The part of Docker's provider that the CLI calls for resources. */
function docker(store: Store): object {
  return {
    ...common("5.2.0"),
    attach: unary(() => new Empty()),
    diff: unary((request: messages.DiffRequest) => {
      const type = typeOf(request.getUrn());
      const ignored = request.getIgnorechangesList();
      const changed = changedArguments(
        type,
        plain(request.getOlds()),
        plain(request.getOldInputs()),
        plain(request.getNews()),
      ).filter((key) => !ignored.includes(key));
      const response = new messages.DiffResponse();
      response.setChanges(
        changed.length ? messages.DiffResponse.DiffChanges.DIFF_SOME : messages.DiffResponse.DiffChanges.DIFF_NONE,
      );
      response.setDiffsList(changed);
      response.setReplacesList(changed.filter((key) => !RESOURCES[type]!.inPlace.includes(key)));
      response.setDeletebeforereplace(RESOURCES[type]!.deletesFirst ?? false);
      return response;
    }),
    create: unary(async (request: messages.CreateRequest) => {
      const type = typeOf(request.getUrn());
      const args = plain(request.getProperties());
      const response = new messages.CreateResponse();
      if (request.getPreview()) {
        const unknown = Object.fromEntries(RESOURCES[type]!.computed.map((key) => [key, UNKNOWN]));
        response.setProperties(struct({ ...unknown, ...args }));
        return response;
      }
      const { id, outs } = RESOURCES[type]!.create(store, args);
      store.note(`create ${KINDS[type]} ${nameOf(request.getUrn())}`);
      await whileHeld(store, type, String(args.name));
      response.setId(id);
      response.setProperties(struct(outs));
      return response;
    }),
    read: unary((request: messages.ReadRequest) => {
      const state = plain(request.getProperties());
      const found = RESOURCES[typeOf(request.getUrn())]!.read(store, request.getId(), state);
      const response = new messages.ReadResponse();
      // An empty id says that the object is gone.
      if (!found) return response;
      const inputs = plain(request.getInputs());
      response.setId(request.getId());
      response.setProperties(struct(found));
      response.setInputs(struct(partOf(found, inputs) as Props));
      return response;
    }),
    update: unary((request: messages.UpdateRequest) => {
      const type = typeOf(request.getUrn());
      const args = plain(request.getNews());
      if (!request.getPreview()) {
        RESOURCES[type]!.update?.(store, request.getId(), args);
        store.note(`update ${KINDS[type]} ${nameOf(request.getUrn())}`);
      }
      const response = new messages.UpdateResponse();
      const state = { ...plain(request.getOlds()), ...args };
      response.setProperties(
        struct(request.getPreview() ? state : RESOURCES[type]!.read(store, request.getId(), state)!),
      );
      return response;
    }),
    delete: unary((request: messages.DeleteRequest) => {
      const type = typeOf(request.getUrn());
      RESOURCES[type]!.remove(store, request.getId(), plain(request.getProperties()));
      store.note(`delete ${KINDS[type]} ${nameOf(request.getUrn())}`);
      return new Empty();
    }),
  };
}

/** Docker's provider for all runs of the CLI on one store; a process for each is a tenth of a run's time. */
export class DockerProvider {
  private readonly server = new grpc.Server({ "grpc.max_receive_message_length": -1 });

  constructor(private readonly store: Store) {}

  /** Begins to listen, and says what leads the CLI there. */
  async listen(): Promise<NodeJS.ProcessEnv> {
    return { PULUMI_DEBUG_PROVIDERS: `docker:${await bind(this.server, docker(this.store))}` };
  }

  close(): void {
    this.server.forceShutdown();
  }
}

function bind(server: grpc.Server, service: object): Promise<number> {
  server.addService(ResourceProviderService, service as unknown as grpc.UntypedServiceImplementation);
  return new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}

/** Serves a provider to the CLI that has started it, and tells it the port. */
export function listen(service: object): void {
  void bind(new grpc.Server({ "grpc.max_receive_message_length": -1 }), service).then(console.log);
  // A killed CLI must not leave its provider behind.
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || process.exit(), 200);
}
