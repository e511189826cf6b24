/** Bytes for people, in units of 1024 as Docker's memory limits are. */
export function sizeText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** A line on a terminal that says how far something is; elsewhere nothing. */
export class Progress {
  private at = 0;
  private shown = false;

  constructor(private readonly out: NodeJS.WriteStream = process.stderr) {}

  show(what: string, bytes: number): void {
    if (!this.out.isTTY || Date.now() - this.at < 200) return;
    this.at = Date.now();
    this.shown = true;
    this.out.write(`\r\u001b[K${what}: ${sizeText(bytes)}`);
  }

  /** Before anything else is printed. */
  clear(): void {
    if (this.shown) this.out.write("\r\u001b[K");
    this.shown = false;
  }
}
