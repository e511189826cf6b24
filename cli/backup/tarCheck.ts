import { Header } from "tar";
import { say } from "../../core/description/say";

const BLOCK = 512;

/** Entries that only say something about the next one. */
const NOTES = ["ExtendedHeader", "GlobalExtendedHeader", "NextFileHasLongPath", "NextFileHasLongLinkpath"];

/**
 * Follows a tar archive while it passes. An engine that cannot read on ends its answer as if that were all; what is
 * missing then is the archive's end.
 */
export class TarCheck {
  /** Files, folders and links so far. */
  entries = 0;
  private header: Buffer = Buffer.alloc(0);
  /** Bytes of the present entry's content that are to come. */
  private left = 0;
  private zeros = 0;

  /** @throws Error where it is no archive */
  take(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.left > 0) {
        const skipped = Math.min(this.left, chunk.length - at);
        this.left -= skipped;
        at += skipped;
        continue;
      }
      const taken = chunk.subarray(at, at + BLOCK - this.header.length);
      this.header = this.header.length ? Buffer.concat([this.header, taken]) : taken;
      at += taken.length;
      if (this.header.length < BLOCK) return;
      this.block(this.header);
      this.header = Buffer.alloc(0);
    }
  }

  private block(block: Buffer): void {
    if (block.every((byte) => byte === 0)) {
      this.zeros++;
      return;
    }
    const { cksumValid, type, size = 0 } = new Header(block);
    if (!cksumValid || this.zeros > 0) throw new Error(say`the archive is damaged`);
    this.left = Math.ceil(size / BLOCK) * BLOCK;
    if (!NOTES.includes(type)) this.entries++;
  }

  /** @throws Error where the archive has not come to its end */
  end(): void {
    if (this.zeros < 2 || this.left > 0 || this.header.length > 0)
      throw new Error(say`the engine broke off in the middle: a file has changed while it was read, or cannot be read`);
  }
}
