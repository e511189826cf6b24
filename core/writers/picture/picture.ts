/** A network, a namespace of a cluster, or a machine: what stands in it is drawn in one box. */
export interface Box {
  id: string;
  kind: "network" | "namespace" | "machine";
  /** Several where networks have the same members, which one box then stands for. */
  labels: { name: string /** Subnet and the like. */; detail?: string }[];
}

/** A short word on a card. */
export interface Chip {
  kind: "replicas" | "gpu" | "network" | "plain";
  text: string;
}

/** What a service takes from another one, in place of waiting for it. */
export type Shared = "network" | "volume";

/** A service, a workload of a cluster, or a part of a machine. */
export interface Card {
  id: string;
  name: string;
  /** The image, or what the part is. */
  subtitle: string;
  /** Id of its box. */
  box?: string;
  chips: Chip[];
  /** Names of the variables and files that hold a secret; never their values. */
  secrets: string[];
  /** `outside` is the address on the host, `inside` the port of the container. */
  ports: { outside: string; inside: string }[];
  /** What is mounted where; `store` is the id of a `Store`. */
  mounts: { path: string; readOnly: boolean; store: string }[];
  /** What it needs of other cards, by their ids. `text` says what: `db is healthy`. */
  waits: { on: string; text: string; shares?: Shared }[];
  /** The lines that make the same by hand. */
  run: string[];
  /** Its description as YAML. */
  description: string;
}

/** What holds data: a volume, a path of the host, or a claim of a cluster. */
export interface Store {
  id: string;
  kind: "volume" | "path" | "claim";
  name: string;
}

/** What is most likely a slip, or a risk. */
export interface PictureWarning {
  text: string;
  /** Id of the card that it is about. */
  card?: string;
}

/** All that a picture shows, in the order in which it was declared; where things stand is not said here. */
export interface Picture {
  name: string;
  boxes: Box[];
  cards: Card[];
  stores: Store[];
  warnings: PictureWarning[];
}

/** Numbers things in the order of their coming: `c1`, `c2`. One key has one id. */
export class Ids {
  private readonly known = new Map<string, string>();
  constructor(private readonly letter: string) {}
  of(key: string): string {
    const id = this.known.get(key) ?? `${this.letter}${this.known.size + 1}`;
    this.known.set(key, id);
    return id;
  }
  has(key: string): boolean {
    return this.known.has(key);
  }
}
