// Real wallets, each behind a recorder, and a client's wallet address that is elsewhere.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, Program } from "../browser/programs.mjs";
import { startRecorder } from "./recorder.mjs";

const WALLETS = [
  { name: "alpha", asset: { code: "USD", scale: 2 }, accounts: [{ path: "/alice", publicName: "Alice", balance: "100000" }] },
  { name: "beta", asset: { code: "USD", scale: 2 }, accounts: [{ path: "/site", publicName: "Site", balance: "0" }] }
];

/** Where cargo puts what it builds. */
export const TARGET = process.env.CARGO_TARGET_DIR ?? join(import.meta.dirname, "../../target");

/** Starts the wallets; `options` are those of the program. */
export async function startSandbox({ options = [] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "rivulet-conformance-"));
  const ports = await freePorts(2 * WALLETS.length);
  const [payerPort, receiverPort, ...hidden] = ports;
  const [payer, receiver] = [payerPort, receiverPort].map((port) => `http://127.0.0.1:${port}`);
  const wallets = WALLETS.map((wallet, index) => ({
    ...wallet,
    listen: `127.0.0.1:${hidden[index]}`,
    publicUrl: [payer, receiver][index]
  }));
  await writeFile(join(folder, "seed.json"), JSON.stringify({ wallets }));
  const recorders = [await startRecorder(payerPort, hidden[0]), await startRecorder(receiverPort, hidden[1])];
  const programs = [];

  async function run(name, arguments_, url) {
    const program = new Program(join(TARGET, "debug", name), arguments_, join(folder, `${name}.log`));
    programs.push(program);
    await program.answers(url);
  }

  /** Calls the admin API of one of the wallets. */
  async function admin(base, method, path, body) {
    const reply = await fetch(`${base}/admin/${path}`, { method, body: JSON.stringify(body) });
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
    return reply.status === 204 ? undefined : reply.json();
  }

  await run("rivulet-wallet", ["--seed", join(folder, "seed.json"), ...options], `${payer}/healthz`);
  return {
    folder,
    payer,
    receiver,
    alice: `${payer}/alice`,
    site: `${receiver}/site`,
    run,
    admin,
    /** Lets time pass at the wallets; what their clock shows then, in milliseconds. */
    pass: async (advanceSeconds) => Date.parse((await admin(payer, "POST", "clock", { advanceSeconds })).now),
    /** What has passed so far, of all wallets: the operations with their statuses, in order. */
    seen: () => [...new Set(recorders.flatMap((recorder) => [...recorder.seen]))].sort(),
    violations: () => recorders.flatMap((recorder) => recorder.violations),
    async stop() {
      for (const recorder of recorders) recorder.close();
      await Promise.all(programs.map((program) => program.stop()));
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/** Serves the keys of a client's wallet address. */
export async function startClientHome(jwk) {
  const keys = JSON.stringify({ keys: [jwk] });
  const server = createServer((request, reply) => {
    const found = request.url === "/client/jwks.json";
    reply.writeHead(found ? 200 : 404, { "content-type": "application/json" }).end(found ? keys : "");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    walletAddress: `http://127.0.0.1:${server.address().port}/client`,
    close() {
      server.close();
      server.closeAllConnections();
    }
  };
}

/**
 * Answers the page that a grant's redirect leads to, as a browser does with the button that was
 * pressed; returns where the browser is sent.
 */
export async function decide(redirect, decision) {
  const page = await (await fetch(redirect)).text();
  const [, action] = /<form[^>]* method="post" action="([^"]+)"/.exec(page);
  const [, name, value] = new RegExp(`<button[^>]* name="([^"]+)" value="([^"]+)" data-testid="${decision}"`).exec(page);
  const url = new URL(action, redirect);
  const answer = await fetch(url, {
    method: "POST",
    headers: { origin: url.origin },
    body: new URLSearchParams({ [name]: value }),
    redirect: "manual"
  });
  return new URL(answer.headers.get("location"));
}
