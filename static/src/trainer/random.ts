/**
 * All of the trainer's chance, from seeds alone, so that a lease can be replayed on another device or in another language.
 *
 * Every stream is mulberry32 of a uint32. A stream for several numbers (a lease's seed, a step, a layer) is
 * mulberry32 of `mixSeed(...)` of them.
 */

/** Numbers in [0, 1) with 32 random bits each. Source: Tommy Ettinger's mulberry32, public domain. */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** MurmurHash3's 32-bit finaliser: every input bit moves every output bit. */
function avalanche(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * One uint32 out of several; the order matters. `h = 0`, then for each word
 * `h = avalanche((h + 0x9e3779b9 + word) mod 2^32)`.
 */
export function mixSeed(...words: number[]): number {
  let h = 0;
  for (const word of words) h = avalanche((h + 0x9e3779b9 + word) >>> 0);
  return h;
}

/** A uint32 for a name: 32-bit FNV-1a of its UTF-8 bytes. */
export function hashName(name: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

/** 0..count-1 in the order of a Fisher-Yates walk from the end, as `docs/protocol.md` defines it for a lease. */
export function shuffledOrder(count: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const random = mulberry32(seed);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
  return order;
}

/** `kept` where a unit is kept and 0 where it is dropped, each dropped with probability `rate`, from mulberry32 of `seed`. */
export function keepMask(size: number, rate: number, seed: number, kept: number): Float32Array {
  const random = mulberry32(seed);
  const mask = new Float32Array(size);
  for (let i = 0; i < size; i++) if (random() >= rate) mask[i] = kept;
  return mask;
}

/** Standard normal numbers by Box and Muller's transform of mulberry32 of `seed`. */
export function gaussians(size: number, seed: number): Float32Array {
  const random = mulberry32(seed);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < size) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}
