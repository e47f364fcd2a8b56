// Drives the Rust side: an example program that answers one JSON command a line.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const PROGRAM = ["run", "--quiet", "--package", "open-payments-client", "--example", "conformance"];

/** Milliseconds for a suite, most of which building the program may take. */
export const BOUND = 600_000;

/** Starts the program; `ask` resolves to its answer or rejects with its failure, `stop` ends it. */
export function startProvider() {
  const child = spawn("cargo", PROGRAM, { stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  return {
    async ask(command, fields) {
      child.stdin.write(`${JSON.stringify({ command, ...fields })}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error("the program has ended");
      const answer = JSON.parse(value);
      if ("failure" in answer) throw new Error(answer.failure);
      return answer.ok;
    },
    stop() {
      child.stdin.end();
    }
  };
}
