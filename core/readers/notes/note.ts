import type { ArgumentError } from "../../description/errors";
import type { Notice, ProjectDescription } from "../../description/project";

/** What becomes of a piece of a note. Every block of code and every command has exactly one. */
export type Fate =
  /** It is part of a setup that can be applied as it stands. */
  | "ready"
  /** Whoever copies it has to fill something in first. */
  | "template"
  /** It is meant to run, and does not: a slip that docker would refuse, or something that a stack cannot do. */
  | "faulty"
  /** Its meaning is clear; it is said in another way than by a setup. */
  | "understood"
  /** It only looks, cleans up, or is nothing of containers. */
  | "left out";

/** A piece of a note: a command, a file, or the rows of a block that are neither. */
export interface NoteItem {
  /** First row of it in the note, from 1. */
  line: number;
  /** The command, or the first row of a file; values that are named like secrets are masked. */
  text: string;
  /** `docker run`, `compose file`, `Dockerfile`, ... */
  what: string;
  fate: Fate;
  /** Names of the setups that it is part of. */
  setups: string[];
  /** What is to be filled in, as it is written there. */
  holes: string[];
  /** Why it is no part of a setup, or how it is said instead. */
  why: string;
}

/** Something in a note that can be applied by itself. */
export interface NoteSetup {
  /** Name of its container, network or project; told apart by a number where several have it. */
  name: string;
  /** `lines` of docker, a `compose` file, a `service` of a Swarm, or manifests for `kubernetes`. */
  kind: "lines" | "compose" | "service" | "kubernetes";
  /** Lines of the note that it comes from. */
  lines: number[];
  /** The docker lines, or the file, as they stand. Not enumerable, since there may be passwords in it. */
  readonly source: string;
  /** Undefined for manifests. */
  project?: ProjectDescription;
  /** Kinds and names of its objects, for manifests. */
  objects?: string[];
  /** Where it has to run, where that is said. */
  engine?: "swarm";
  /** What it says about itself beside the notices of its project. */
  notices: Notice[];
  /** Says a refusal of a service's field in the words of the note. */
  locate?: (service: string, error: ArgumentError) => ArgumentError;
}

/** Setups that cannot run side by side. */
export interface Clash {
  /** `host port 80`, `the name nginx05`. */
  about: string;
  setups: string[];
}

/** What a note holds. */
export interface Note {
  /** How the note is called. */
  file: string;
  /** In the order of the note. */
  setups: NoteSetup[];
  items: NoteItem[];
  clashes: Clash[];
}
