// Pictures as small PNG files: of at most 48 colours, which is plenty for a page of text.

import { crc32, deflateSync, inflateSync } from "node:zlib";

/** Red, green, blue and alpha of each pixel, row by row. @typedef {{width: number, height: number, pixels: Uint32Array}} Picture */

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOURS = 48;
/** What lies between pictures. */
const EDGE = 0x7f8f92ff;

/**
 * Reads what a browser writes: eight bits a sample, with or without alpha, not interlaced.
 * @param {Buffer} file
 * @returns {Picture}
 */
export function decode(file) {
  const width = file.readUInt32BE(16);
  const height = file.readUInt32BE(20);
  const [depth, kind] = file.subarray(24);
  if (depth !== 8 || (kind !== 2 && kind !== 6)) throw new Error(`not a picture of ours: ${depth} bits, kind ${kind}`);
  const data = [];
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at);
    if (file.toString("latin1", at + 4, at + 8) === "IDAT") data.push(file.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const samples = kind === 6 ? 4 : 3;
  const bytes = unfilter(inflateSync(Buffer.concat(data)), width * samples, height, samples);
  const pixels = Uint32Array.from({ length: width * height }, (_, pixel) => {
    const at = pixel * samples;
    const alpha = samples === 4 ? bytes[at + 3] : 255;
    return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | alpha) >>> 0;
  });
  return { width, height, pixels };
}

/**
 * @param {Buffer} filtered each row after the number of its filter
 * @param {number} stride bytes of a row
 * @param {number} height
 * @param {number} step bytes of a pixel
 */
function unfilter(filtered, stride, height, step) {
  const bytes = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row += 1) {
    const filter = filtered[row * (stride + 1)];
    for (let column = 0; column < stride; column += 1) {
      const at = row * stride + column;
      const left = column >= step ? bytes[at - step] : 0;
      const above = row > 0 ? bytes[at - stride] : 0;
      const corner = row > 0 && column >= step ? bytes[at - stride - step] : 0;
      const predicted = [0, left, above, (left + above) >> 1, nearest(left, above, corner)][filter];
      bytes[at] = filtered[row * (stride + 1) + 1 + column] + predicted;
    }
  }
  return bytes;
}

/** @param {number} left @param {number} above @param {number} corner */
function nearest(left, above, corner) {
  const guess = left + above - corner;
  const [a, b, c] = [left, above, corner].map((value) => Math.abs(guess - value));
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

/**
 * Writes with a palette: the colours that are there most often, in whose place the nearest stands for a rarer one.
 * @param {Picture} picture
 */
export function encode({ width, height, pixels }) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const palette = [...counts].sort(([, a], [, b]) => b - a).slice(0, COLOURS).map(([colour]) => colour);
  const entries = new Map(palette.map((colour, index) => [colour, index]));
  const rows = Buffer.alloc((width + 1) * height);
  pixels.forEach((colour, pixel) => {
    let entry = entries.get(colour);
    if (entry === undefined) {
      entry = nearestEntry(palette, colour);
      entries.set(colour, entry);
    }
    rows[pixel + Math.floor(pixel / width) + 1] = entry;
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8);
  const opaque = palette.every((colour) => (colour & 255) === 255);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flatMap((colour) => [colour >>> 24, (colour >>> 16) & 255, (colour >>> 8) & 255]))),
    ...opaque ? [] : [chunk("tRNS", Buffer.from(palette.map((colour) => colour & 255)))],
    chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** @param {number[]} palette @param {number} colour */
function nearestEntry(palette, colour) {
  const distance = (/** @type {number} */ other) => [24, 16, 8, 0]
    .reduce((sum, shift) => sum + (((colour >>> shift) & 255) - ((other >>> shift) & 255)) ** 2, 0);
  return palette.reduce((best, other, index) => (distance(other) < distance(palette[best]) ? index : best), 0);
}

/** @param {string} name @param {Buffer} data */
function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}

/**
 * Pictures side by side.
 * @param {Picture[]} pictures
 * @param {number} gap
 * @returns {Picture}
 */
export function sheet(pictures, gap) {
  const width = pictures.reduce((sum, picture) => sum + picture.width + gap, gap);
  const height = Math.max(...pictures.map((picture) => picture.height)) + 2 * gap;
  const whole = { width, height, pixels: new Uint32Array(width * height).fill(EDGE) };
  let left = gap;
  for (const picture of pictures) {
    paste(whole, picture, left, gap);
    left += picture.width + gap;
  }
  return whole;
}

/** A picture with an edge around it. @param {Picture} picture @returns {Picture} */
export function framed(picture) {
  const frame = { width: picture.width + 2, height: picture.height + 2 };
  const whole = { ...frame, pixels: new Uint32Array(frame.width * frame.height).fill(EDGE) };
  paste(whole, picture, 1, 1);
  return whole;
}

/** Lays one picture onto another. @param {Picture} onto @param {Picture} picture @param {number} left @param {number} top */
export function paste(onto, picture, left, top) {
  for (let row = 0; row < picture.height; row += 1) {
    const line = picture.pixels.subarray(row * picture.width, (row + 1) * picture.width);
    onto.pixels.set(line, (top + row) * onto.width + left);
  }
}
