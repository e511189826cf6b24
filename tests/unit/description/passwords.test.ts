import { jupyterHash, scryptHash } from "../../../core/description/passwords";

const PASSWORD = "pässword";

// Computed with Python's hmac and hashlib, as jupyter_server and our settings of JupyterHub do it.
const SALT = "84a0149bd593a49dadb3f76f";
const SHA512 =
  "8118cfabd6054360194c29dd05aceb3b25042032d934366fca9e77bab64e06c8a6afdb33b2bfaff04aac15b8e9bb8a12cd781f4ab250c2b5ae9ab4e38be184b7";
const SCRYPT =
  "c0f3221711f531bd2a42b9dec5006ad45002fca9b3e3f672ce7566eaf15db7e3f154caf75301682a12af1e175becaedc1e03b829b1462141c19a11967ee87e72";

test("Jupyter's form: algorithm, salt, digest of password and salt", () => {
  expect(jupyterHash(PASSWORD, "here")).toBe(`sha512:${SALT}:${SHA512}`);
});

test("the other form is what Python's hashlib.scrypt makes of it", () => {
  expect(scryptHash(PASSWORD, "here")).toBe(`scrypt:${SALT}:${SCRYPT}`);
});

test.each([jupyterHash, scryptHash])("%p is another for another password or place", (hash) => {
  for (const other of [hash(PASSWORD, "there"), hash("another", "here")]) {
    expect(other.split(":")[1]).not.toBe(SALT);
    expect([SHA512, SCRYPT]).not.toContain(other.split(":")[2]);
  }
});
