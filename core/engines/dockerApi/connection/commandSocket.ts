import type { ChildProcessWithoutNullStreams } from "node:child_process";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** Characters of a program's messages that are kept: the last ones say why it ended. */
const KEPT = 4000;

/**
 * A connection over a program's standard streams, of which HTTP makes use like of a socket. While nothing is asked it
 * does not keep this process alive, and it ends the program when it is closed.
 */
export class CommandSocket extends Duplex {
  private messages = "";
  private timer?: NodeJS.Timeout;

  /** @param failure makes the error of a program that has ended by itself, from what it wrote beside its answers */
  constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    failure: (messages: string, code: number | null) => Error,
  ) {
    super();
    child.stdout.on("data", (chunk: Buffer) => {
      this.timer?.refresh();
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stderr.on("data", (chunk: Buffer) => (this.messages = (this.messages + chunk).slice(-KEPT)));
    // The program's end, which comes after its last words, says more than a broken pipe.
    child.stdin.on("error", () => undefined);
    child.on("error", ({ message }) => this.destroy(failure(message, null)));
    child.on("close", (code) => {
      if (code !== 0) return void this.destroy(failure(this.messages, code));
      // The far side has said all: whoever reads comes to the end of it, and an idle connection has nothing to say.
      if (this.readableFlowing !== true && this.listenerCount("readable") === 0) return void this.destroy();
      this.push(null);
      this.end();
    });
  }

  override _read(): void {
    this.child.stdout.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: () => void): void {
    this.timer?.refresh();
    this.child.stdin.write(chunk, encoding, (error) => {
      if (!error) done();
    });
  }

  override _final(done: () => void): void {
    this.child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.timer);
    this.child.stdin.destroy();
    this.child.kill();
    done(error);
  }

  /** Milliseconds without a byte after which it tells so; 0 for never, which takes the listener away as sockets do. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    clearTimeout(this.timer);
    this.timer = milliseconds > 0 ? setTimeout(() => this.emit("timeout"), milliseconds).unref() : undefined;
    if (listener && milliseconds > 0) this.once("timeout", listener);
    else if (listener) this.removeListener("timeout", listener);
    return this;
  }

  ref(): this {
    for (const part of this.parts()) part.ref();
    return this;
  }

  unref(): this {
    for (const part of this.parts()) part.unref();
    return this;
  }

  /** Nothing to do: ssh looks after its own connection. */
  setKeepAlive(): this {
    return this;
  }

  /** Likewise. */
  setNoDelay(): this {
    return this;
  }

  private parts(): { ref(): unknown; unref(): unknown }[] {
    const { child } = this;
    return [child, child.stdin as Socket, child.stdout as Socket, child.stderr as Socket];
  }
}
