// Two wallets, the proxy and the site, on free ports of the loopback interface.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, freePorts, releaseProgram } from "./programs.mjs";
import { serveSite } from "./site.mjs";

/** @typedef {{value: string, assetCode: string, assetScale: number}} Money */
/** @typedef {{scale?: number, receiverScale?: number, receiverCode?: string, settings?: Record<string, unknown>, proxyOptions?: string[]}} SandboxOptions */

/** The whole world outside the browser. */
export class Sandbox {
  /** @type {Program[]} */
  #programs = [];
  /** @type {import("node:http").Server | undefined} */
  #site;
  /** @type {string[]} */
  #proxyOptions = [];
  /** @type {Program | undefined} */
  #proxy;

  /**
   * @param {string} folder for logs, keys and the browser's profile
   * @param {number[]} ports
   */
  constructor(folder, ports) {
    const [payer, receiver, proxy, site] = ports.map((port) => `http://127.0.0.1:${port}`);
    this.folder = folder;
    this.ports = ports;
    /** The payer's wallet provider. */
    this.payer = new Wallet(payer);
    /** The site's wallet provider. */
    this.receiver = new Wallet(receiver);
    this.proxyUrl = proxy;
    this.siteUrl = site;
    this.walletAddress = `${payer}/alice`;
    this.siteWallet = `${receiver}/site`;
    this.secondSiteWallet = `${receiver}/blog`;
  }

  /** @param {SandboxOptions} [options] */
  static async start(options = {}) {
    const folder = await mkdtemp(join(tmpdir(), "rivulet-"));
    const sandbox = new Sandbox(folder, await freePorts(4));
    try {
      await sandbox.#start(options);
      return sandbox;
    } catch (error) {
      await sandbox.stop(true);
      throw error;
    }
  }

  /** @param {SandboxOptions} options */
  async #start({ scale = 6, receiverScale = scale, receiverCode = "USD", settings = {}, proxyOptions = [] }) {
    const [payer, receiver, proxy, site] = this.ports;
    const seed = join(this.folder, "wallets.json");
    await writeFile(seed, JSON.stringify({ wallets: wallets(payer, receiver, scale, { code: receiverCode, scale: receiverScale }), settings }));
    const wallet = this.#run("rivulet-wallet", ["--seed", seed]);
    await wallet.answers(`${this.payer.url}/healthz`);
    await wallet.answers(`${this.receiver.url}/healthz`);
    this.#proxyOptions = ["--listen", `127.0.0.1:${proxy}`, "--public-url", this.proxyUrl, "--allow-private-hosts", ...proxyOptions];
    await this.startProxy("proxy.key");
    this.#site = await serveSite(site, { wallet: this.siteWallet, wallet2: this.secondSiteWallet });
  }

  /**
   * Starts the proxy, which makes a new key if the file does not exist yet.
   * @param {string} keyFile
   */
  async startProxy(keyFile) {
    this.#proxy = this.#run("rivulet-proxy", [...this.#proxyOptions, "--key-file", join(this.folder, keyFile)]);
    await this.#proxy.answers(`${this.proxyUrl}/healthz`);
  }

  async stopProxy() {
    await this.#proxy?.stop();
  }

  /**
   * @param {string} name
   * @param {string[]} options
   */
  #run(name, options) {
    const program = new Program(releaseProgram(name), options, join(this.folder, `${name}.log`));
    this.#programs.push(program);
    return program;
  }

  /**
   * Ends everything; the logs stay only if they are wanted.
   * @param {boolean} keepLogs
   */
  async stop(keepLogs) {
    this.#site?.closeAllConnections();
    this.#site?.close();
    await Promise.all(this.#programs.map((program) => program.stop()));
    if (keepLogs) console.error(`logs: ${this.folder}`);
    else await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * The visitor has 100 units of money, the site nothing.
 * @param {number} payer port
 * @param {number} receiver port
 * @param {number} scale
 * @param {{code: string, scale: number}} received
 */
function wallets(payer, receiver, scale, received) {
  const account = (/** @type {string} */ path, /** @type {string} */ publicName, /** @type {string} */ balance) => ({ path, publicName, balance });
  return [
    {
      name: "alpha",
      listen: `127.0.0.1:${payer}`,
      asset: { code: "USD", scale },
      accounts: [account("/alice", "Alice", `100${"0".repeat(scale)}`)],
    },
    {
      name: "beta",
      listen: `127.0.0.1:${receiver}`,
      asset: received,
      accounts: [account("/site", "River Site", "0"), account("/blog", "River Blog", "0")],
    },
  ];
}

/** The admin side of a wallet provider. */
export class Wallet {
  /** @param {string} url */
  constructor(url) {
    this.url = url;
  }

  /**
   * The payments from and to its accounts, the oldest first.
   * @returns {Promise<{outgoing: any[], incoming: any[]}>}
   */
  async payments() {
    return this.#call("GET", "payments");
  }

  /**
   * What all its accounts hold together.
   * @returns {Promise<Money>}
   */
  async balance() {
    const { accounts } = await this.#call("GET", "accounts");
    const value = accounts.reduce((/** @type {bigint} */ sum, /** @type {any} */ account) => sum + BigInt(account.balance), 0n);
    const { assetCode, assetScale } = accounts[0];
    return { value: String(value), assetCode, assetScale };
  }

  /**
   * Opens an account without money.
   * @param {string} walletAddress
   */
  async openAccount(walletAddress) {
    return this.#call("PUT", "accounts", { walletAddress });
  }

  /**
   * @param {string} walletAddress
   * @param {string} balance in minor units
   */
  async setBalance(walletAddress, balance) {
    return this.#call("PUT", "accounts", { walletAddress, balance });
  }

  /**
   * Makes something go wrong: requests whose path contains `path` get `fault`.
   * @param {{method?: string, path: string, fault: unknown, every?: number, times?: number}} rule
   */
  async addFault(rule) {
    return this.#call("POST", "faults", rule);
  }

  async clearFaults() {
    return this.#call("DELETE", "faults");
  }

  /**
   * Changes how the sandbox behaves.
   * @param {Record<string, unknown>} settings
   */
  async change(settings) {
    return this.#call("PATCH", "settings", settings);
  }

  /**
   * What was asked of it lately, the oldest first.
   * @returns {Promise<{method: string, path: string, status: number}[]>}
   */
  async requests() {
    return (await this.#call("GET", "requests")).requests;
  }

  async expireTokens() {
    return this.#call("POST", "tokens/expire", {});
  }

  async expireIncomingPayments() {
    return this.#call("POST", "incoming-payments/expire", {});
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<any>}
   */
  async #call(method, path, body) {
    const response = await fetch(`${this.url}/admin/${path}`, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    const text = await response.text();
    return text === "" ? undefined : JSON.parse(text);
  }
}
