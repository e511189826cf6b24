// Made with openssl for localhost; nobody else uses them.
export const CERTIFICATE = [
  "-----BEGIN CERTIFICATE-----",
  "MIIBgDCCASWgAwIBAgIUME2fd/hhsPdff3UU6DJT1lNKtHcwCgYIKoZIzj0EAwIw",
  "FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE5MzUzOFoYDzIxMjYxMDI4",
  "MTkzNTM4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO",
  "PQMBBwNCAATTismp1vbhyp4WTnlXlHfksK/kNCeMMWSKH1GoLs1+yL6q3NjKce06",
  "tuz7Z32DKSn6pRXOgShGtlHLOtfLjwLMo1MwUTAdBgNVHQ4EFgQUlBpWAXk2nvmr",
  "V8BhHLZie3SuHdkwHwYDVR0jBBgwFoAUlBpWAXk2nvmrV8BhHLZie3SuHdkwDwYD",
  "VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAru4g2x99bCP6vAlAtWPR",
  "ofHpJ+Tsi8cx6VrJpVpZJVYCIQDJxKa6gx2m9leKzVtc3F0DG/QtH2QZPS47ZUof",
  "kbCmsw==",
  "-----END CERTIFICATE-----",
  "",
].join("\n");
/** Its key. */
export const KEY = [
  "-----BEGIN PRIVATE KEY-----",
  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgkobpvWc/wHeRasm3",
  "TmxO21YvVH831c5tCXErRXX/6nihRANCAATTismp1vbhyp4WTnlXlHfksK/kNCeM",
  "MWSKH1GoLs1+yL6q3NjKce06tuz7Z32DKSn6pRXOgShGtlHLOtfLjwLM",
  "-----END PRIVATE KEY-----",
  "",
].join("\n");
/** The key of another certificate. */
export const OTHER_KEY = [
  "-----BEGIN PRIVATE KEY-----",
  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgMXKuNjpLZauPx7ZT",
  "17FNhpFqOLI5Z5mXxCb1thqhfxuhRANCAAR/EJBYKzfeZ+YzY5EPTn8GJG1Jjczm",
  "hbC5/O+7NEUOP8KDhOa3L32IY8x5fyHomlNnELd2j26omjeGcaSNhlff",
  "-----END PRIVATE KEY-----",
  "",
].join("\n");
/** A certificate for KEY that is no longer valid. */
export const ENDED = [
  "-----BEGIN CERTIFICATE-----",
  "MIIBIzCByQIUbUCJr1zNtaW0rH7YBxwI5BIPnuMwCgYIKoZIzj0EAwIwFDESMBAG",
  "A1UEAwwJbG9jYWxob3N0MB4XDTI2MTEyMTE5MzUzOFoXDTI2MTEyMDE5MzUzOFow",
  "FDESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
  "04rJqdb24cqeFk55V5R35LCv5DQnjDFkih9RqC7Nfsi+qtzYynHtOrbs+2d9gykp",
  "+qUVzoEoRrZRyzrXy48CzDAKBggqhkjOPQQDAgNJADBGAiEAgReZl5qj+ejP+c6A",
  "s42Kgvc0z+ha3gHkUbIU18xqzjgCIQC2Aw60svQ/UqJg8esQ2LGOd7nLA2RyfpZb",
  "WjPXepH6XA==",
  "-----END CERTIFICATE-----",
  "",
].join("\n");
