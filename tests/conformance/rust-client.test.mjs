// A Rust client that we did not write: its signatures are not those of RFC 9421, so that only the
// lenient wallet accepts them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createInterface } from "node:readline";
import { BOUND } from "./provider.mjs";
import { decide, startSandbox, TARGET } from "./sandbox.mjs";
import { privateKey, publicJwk } from "./values.mjs";

const CLIENT = join(TARGET, "rust-client/debug/rust-client");

/** Runs the client against a sandbox, answering for alice; its exit code, and what it printed. */
async function pay(sandbox) {
  const keyFile = join(sandbox.folder, "client.pem");
  await writeFile(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }));
  await sandbox.admin(sandbox.payer, "PUT", "keys", { walletAddress: sandbox.alice, jwk: publicJwk });
  const child = spawn(CLIENT, [keyFile, sandbox.alice, sandbox.site]);
  const ended = new Promise((resolve) => child.once("close", resolve));
  const printed = [];
  const complaints = [];
  child.stderr.on("data", (data) => complaints.push(data));
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line);
    if (!line.startsWith("http")) continue;
    const finished = await decide(line, "accept");
    await sandbox.pass(5);
    child.stdin.end(`${finished.searchParams.get("interact_ref")}\n`);
  }
  return { code: await ended, printed, complaints: complaints.join("") };
}

describe("the Rust client", { timeout: BOUND }, () => {
  test("pays from a lenient wallet", async () => {
    const sandbox = await startSandbox({ options: ["--lenient"] });
    try {
      const { code, printed, complaints } = await pay(sandbox);
      assert.equal(code, 0, complaints);
      assert.equal(printed.at(-1), "100");
      assert.deepEqual(sandbox.violations(), []);
    } finally {
      await sandbox.stop();
    }
  });

  test("is refused by a strict one", async () => {
    const sandbox = await startSandbox();
    try {
      const { code, complaints } = await pay(sandbox);
      assert.equal(code, 1);
      assert.match(complaints, /401/);
      assert.deepEqual(sandbox.seen(), ["GET /account 200", "POST /auth 401"]);
    } finally {
      await sandbox.stop();
    }
  });
});
