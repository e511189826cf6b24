/**
 * Names for hooks: Pulumi finds them by name, so those of a second session in one program get names of their own.
 *
 * @returns what stands behind the names of the next session
 */
export function suffixes(): () => string {
  let count = 0;
  return () => (count++ ? `-${count}` : "");
}
