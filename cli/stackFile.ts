import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseDocument } from "yaml";

/** A stack's settings in their file, of which everything else stays as it stands: comments and order, too. */
export class StackFile {
  private readonly document;

  constructor(private readonly file: string) {
    this.document = parseDocument(existsSync(file) ? readFileSync(file, "utf8") : "");
  }

  get(key: string): unknown {
    return (this.document.toJS() as { config?: Record<string, unknown> } | null)?.config?.[key];
  }

  /** Undefined takes it out. */
  set(key: string, value: unknown): void {
    const { document } = this;
    if (document.contents === null) document.contents = document.createNode({}) as never;
    if (value === undefined) document.deleteIn(["config", key]);
    else document.setIn(["config", key], document.createNode(value));
  }

  write(): void {
    writeFileSync(this.file, this.document.toString({ lineWidth: 0 }));
  }
}
