// Starts the programs under test and makes sure that they end.

import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const START_MS = 15_000;
const STOP_MS = 5_000;

/** A running program whose output goes to a log of its own. */
export class Program {
  /** @type {import("node:child_process").ChildProcess} */
  #process;

  /**
   * @param {string} path
   * @param {string[]} options
   * @param {string} log the file that its output goes to
   */
  constructor(path, options, log) {
    const output = openSync(log, "a");
    this.name = path;
    // Detached, so that Ctrl-C does not reach it: it is still needed to finish what is under way.
    this.#process = spawn(path, options, { detached: true, stdio: ["ignore", output, output] });
    this.ended = new Promise((resolve) => {
      this.#process.once("exit", resolve);
      this.#process.once("error", resolve);
    });
  }

  /**
   * Waits until it answers at a URL.
   * @param {string} url
   */
  async answers(url) {
    const ended = this.ended.then(() => { throw new Error(`${this.name} ended instead of starting`); });
    await Promise.race([ended, until(`${this.name} answers at ${url}`, () => isUp(url), START_MS)]);
  }

  /** Asks it to stop, and ends it if it does not. */
  async stop() {
    this.#process.kill("SIGTERM");
    const late = setTimeout(() => this.#process.kill("SIGKILL"), STOP_MS);
    await this.ended;
    clearTimeout(late);
  }
}

/** @param {string} url */
async function isUp(url) {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/**
 * Waits until `condition` gives something truthy, and returns it.
 * @template T
 * @param {string} what said in the error when it does not come
 * @param {() => Promise<T> | T} condition
 * @param {number} [limitMs]
 * @returns {Promise<T>}
 */
export async function until(what, condition, limitMs = 20_000) {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await pause(100);
  }
}

/**
 * Ports of the loopback interface that nothing listens on, all different.
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const ports = servers.map((server) => /** @type {import("node:net").AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * Where cargo has put a release program.
 * @param {string} name
 */
export function releaseProgram(name) {
  return join(process.env.CARGO_TARGET_DIR ?? "target", "release", name);
}
