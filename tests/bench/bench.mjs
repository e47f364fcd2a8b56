// Measures one part, prints a table and, if a file is named, writes the same as JSON.

import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";

/**
 * A figure beside its floor, which is the same thing without us, taken in the same run.
 * @typedef {{name: string, unit: string, ours: number, floor: number, target?: string}} Row
 */

const HEADER = "Absolute figures drift with the machine and what else runs on it; compare ratios.";
const PARTS = ["extension"];

const { values: options, positionals: chosen } = parseArgs({ allowPositionals: true, options: { json: { type: "string" } } });
const unknown = chosen.find((part) => !PARTS.includes(part));
if (unknown !== undefined) throw new Error(`there is no benchmark of \`${unknown}\``);

/** @type {Record<string, Row[]>} */
const figures = {};
console.log(`${HEADER}\n${cpus().length} cores, load ${loadavg()[0].toFixed(1)} at the start.\n`);
for (const part of chosen.length === 0 ? PARTS : chosen) {
  const { measure } = await import(`./${part}.mjs`);
  const rows = await measure();
  figures[part] = rows.map((/** @type {Row} */ row) => ({ ...row, ratio: row.ours / row.floor }));
  print(part, rows);
}
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify({ note: HEADER, figures }, null, 2)}\n`);

/**
 * @param {string} part
 * @param {Row[]} rows
 */
function print(part, rows) {
  const digits = (/** @type {number} */ value) => value.toFixed(Math.abs(value) < 10 ? 2 : 0);
  const cells = rows.map(({ name, unit, ours, floor, target = "" }) =>
    [name, unit, digits(ours), digits(floor), floor === 0 ? "–" : digits(ours / floor), target]);
  const table = [[part, "unit", "ours", "floor", "ratio", "to reach"], ...cells];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const isNumber = (/** @type {number} */ column) => column >= 2 && column <= 4;
  for (const row of table) {
    const padded = row.map((cell, column) => isNumber(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]));
    console.log(padded.join("  ").trimEnd());
  }
  console.log();
}
