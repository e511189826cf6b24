import { createHash, createHmac, scryptSync } from "node:crypto";

/**
 * A salt that stays the same as long as the password and the place it is for do: with a new one at every run, an
 * unchanged program would change its containers. It differs between two places with one password.
 *
 * @param place what the password opens, e.g. the stack and the service
 */
const saltFor = (password: string, place: string): string =>
  createHmac("sha256", password).update(`berth salt for ${place}`).digest("hex").slice(0, 24);

/**
 * A password as Jupyter keeps it, `sha512:salt:digest`. It is one of the two forms that jupyter_server and all versions
 * of notebook read; the other, Argon2, comes with no Node.js that is old enough.
 */
export function jupyterHash(password: string, place: string): string {
  const salt = saltFor(password, place);
  return `sha512:${salt}:${createHash("sha512").update(`${password}${salt}`).digest("hex")}`;
}

/** A password for programs of our own: `scrypt:salt:digest`, with n = 2^14, r = 8, p = 1 and 64 bytes. */
export function scryptHash(password: string, place: string): string {
  const salt = saltFor(password, place);
  return `scrypt:${salt}:${scryptSync(password, salt, 64).toString("hex")}`;
}
