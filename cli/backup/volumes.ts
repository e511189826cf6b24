import { addAbortSignal, Readable } from "node:stream";
import { Header } from "tar";
import { say } from "../../core/description/say";
import { type EngineClient, EngineError, ignoreMissing } from "../../core/engines/dockerApi/connection/client";
import { TarCheck } from "./tarCheck";

/** Marks the containers through which volumes are read and written; none of them ever starts. */
const HELPER_LABEL = "berth.volume-access";

const ROOM = "/berth-volume";

/**
 * A volume from the engine's outside. No image has to be fetched for that and no program runs: the engine itself reads
 * and writes the files of a container that never starts, as `docker cp` has it do.
 */
export class VolumeAccess {
  private constructor(
    private readonly client: EngineClient,
    private readonly id: string,
    /** The folder in which the volume lies, as the archives call it. */
    private readonly folder: string,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * @param folder what the archive calls the volume's own folder
   * @param image an image on the engine, for one that makes no container without
   */
  static async open(
    client: EngineClient,
    volume: string,
    { folder = volume, image, write = false, signal }: Access,
  ): Promise<VolumeAccess> {
    const make = (Image: string) =>
      client.request<{ Id: string }>("POST", "/containers/create", {
        Image,
        Entrypoint: ["/berth"],
        NetworkDisabled: true,
        Labels: { [HELPER_LABEL]: volume },
        HostConfig: {
          NetworkMode: "none",
          Mounts: [
            {
              Type: "volume",
              Source: volume,
              Target: `${ROOM}/${folder}`,
              ReadOnly: !write,
              VolumeOptions: { NoCopy: true },
            },
          ],
        },
      });
    const { Id } = await make("").catch((error) => {
      // Engines that are not Docker's want an image.
      if (image && error instanceof EngineError && error.status >= 400) return make(image);
      throw error;
    });
    return new VolumeAccess(client, Id, folder, signal);
  }

  /** The volume as a tar archive, checked to its end. */
  async *read(): AsyncGenerator<Buffer> {
    const answer = await this.client.stream("GET", this.path(`${ROOM}/${this.folder}`));
    addAbortSignal(this.signal, answer);
    const check = new TarCheck();
    try {
      for await (const chunk of answer) {
        check.take(chunk as Buffer);
        yield chunk as Buffer;
      }
    } catch (error) {
      this.signal.throwIfAborted();
      throw this.client.gone(error as Error);
    }
    check.end();
  }

  /** Whether there is nothing in it. */
  async isEmpty(): Promise<boolean> {
    const answer = await this.client.stream("GET", this.path(`${ROOM}/${this.folder}`));
    const check = new TarCheck();
    try {
      for await (const chunk of answer) {
        check.take(chunk as Buffer);
        // Its own folder is one.
        if (check.entries > 1) return false;
      }
      return true;
    } finally {
      answer.destroy();
    }
  }

  /**
   * Takes everything out of it. Where an archive has a file in the place of a folder, the engine removes that folder
   * with all that is in it; this one is a mount and stays, which the engine tells as an error.
   *
   * @throws Error where something is left
   */
  async clear(): Promise<void> {
    const file = Buffer.alloc(3 * 512);
    new Header({ path: this.folder, mode: 0o600, size: 0, type: "File", mtime: new Date(0) }).encode(file);
    let refused = "";
    await this.send(Readable.from([file])).catch((error: Error) => {
      this.signal.throwIfAborted();
      refused = error.message;
    });
    if (!(await this.isEmpty())) throw new Error(say`the engine does not empty the volume (${refused})`);
  }

  /** Writes an archive into it; its own folder gets the owner and mode of the archived one. */
  async write(archive: Readable): Promise<void> {
    await this.send(archive);
  }

  private async send(archive: Readable): Promise<void> {
    addAbortSignal(this.signal, archive);
    try {
      const answer = await this.client.stream("PUT", this.path(ROOM), { content: archive, type: "application/x-tar" });
      answer.resume();
    } catch (error) {
      this.signal.throwIfAborted();
      throw error;
    }
  }

  private path(inside: string): string {
    return `/containers/${this.id}/archive?path=${encodeURIComponent(inside)}`;
  }

  /** With `v` go the volumes that a container's image asks for, and never one that has been named. */
  async close(): Promise<void> {
    await this.client.request("DELETE", `/containers/${this.id}?force=1&v=1`).catch(ignoreMissing);
  }
}

interface Access {
  folder?: string;
  image?: string;
  write?: boolean;
  signal: AbortSignal;
}

/** Removes the helpers that a killed command has left; they hold on to their volumes. */
export async function removeLeftovers(client: EngineClient): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ label: [HELPER_LABEL] }));
  const found = await client.request<{ Id: string; Created: number }[]>(
    "GET",
    `/containers/json?all=1&filters=${filters}`,
  );
  // Younger ones may be at work for somebody else.
  const old = Date.now() / 1000 - 24 * 3600;
  for (const { Id, Created } of found)
    if (Created < old) await client.request("DELETE", `/containers/${Id}?force=1&v=1`).catch(ignoreMissing);
}
