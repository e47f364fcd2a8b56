// The key and the values that both sides work with.
import { createPrivateKey } from "node:crypto";

// RFC 9421, appendix B.1.4.
const PRIVATE_JWK = {
  kty: "OKP",
  crv: "Ed25519",
  x: "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs",
  d: "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU"
};

export const keyId = "test-key-ed25519";
export const privateKey = createPrivateKey({ key: PRIVATE_JWK, format: "jwk" });
export const publicJwk = { kid: keyId, alg: "EdDSA", kty: "OKP", crv: "Ed25519", x: PRIVATE_JWK.x };

/** The same key as the Rust side takes it. */
export const key = { seed: [...Buffer.from(PRIVATE_JWK.d, "base64url")], id: keyId, created: 1795328659 };

export const token = "ECC89F88331D2F4AFFBD";

/** What the Rust side composes one request of each kind from. */
export const values = {
  wallet: {
    id: "https://wallet-a.example/accounts/alice",
    assetCode: "USD",
    assetScale: 2,
    authServer: "https://auth.wallet-a.example/tenant-a",
    resourceServer: "https://wallet-a.example/tenant-a"
  },
  client: "https://proxy.example/.well-known/pay",
  debitAmount: { value: "18446744073709551615", assetCode: "USD", assetScale: 2 },
  interval: "R/2026-11-22T06:24:19.275Z/P1M",
  receiver: "https://wallet-b.example/tenant-b/incoming-payments/87579a85",
  quote: "https://wallet-a.example/tenant-a/quotes/afeeef49",
  payment: "https://wallet-a.example/tenant-a/outgoing-payments/afeeef49",
  continuation: "https://auth.wallet-a.example/continue/97798987",
  reference: "reference",
  manage: "https://auth.wallet-a.example/token/fb498fb5",
  finish: "https://proxy.example/connected",
  token
};
