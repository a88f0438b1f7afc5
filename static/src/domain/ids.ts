import { hex } from "./bytes";

/** The largest id of this writer so far; the next one is always above it. */
let previous = "";

const LAST = "ffffffff-ffff-7fff-bfff-ffffffffffff";
const LAST_NUMBER = (1n << 122n) - 1n;
const STEP_BITS = 62n;
/** A floor next to the end of the number space is not passed on, or every later id would be stuck there too. */
const END = "fffffff0";
const LAST_MOMENT = 2 ** 48 - 1;
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * A UUIDv7 of the moment `now` (milliseconds), above every id in `after` and above the writer's previous one, whatever the
 * clocks say. Ids that are not UUIDv7 do not count, nor does the very last one: nothing can be above it.
 */
export function newId(now: number, after: readonly string[] = []): string {
  const floor = after.filter((id) => ID.test(id) && id < LAST).reduce((a, b) => (a > b ? a : b), previous);
  const fresh = uuid7(now);
  const id = fresh > floor ? fresh : next(floor);
  if (id < END) previous = id;
  return id;
}

/** Raises the floor to an id this writer used before, for instance before the last restart. */
export function continueAfter(id: string): void {
  if (ID.test(id) && id > previous && id < END) previous = id;
}

function uuid7(now: number): string {
  const time = Math.min(Math.max(0, Math.floor(now)), LAST_MOMENT).toString(16);
  return format((BigInt(`0x${time}`) << 74n) | random(74n));
}

/**
 * Above an id, by a step at random: two tablets that both stand behind the same fast clock must not take the same id. Time
 * and random digits are counted as one number, version and variant stay.
 */
function next(id: string): string {
  const floor = number(id);
  const room = LAST_NUMBER - floor;
  const step = random(STEP_BITS) % (room < 1n << STEP_BITS ? room : 1n << STEP_BITS);
  return format(floor + 1n + step);
}

function random(bits: bigint): bigint {
  return BigInt(`0x${hex(crypto.getRandomValues(new Uint8Array(10)))}`) & ((1n << bits) - 1n);
}

function number(id: string): bigint {
  const digits = BigInt(`0x${id.replaceAll("-", "")}`);
  const time = digits >> 80n;
  const a = (digits >> 64n) & 0xfffn;
  return (time << 74n) | (a << 62n) | (digits & ((1n << 62n) - 1n));
}

function format(value: bigint): string {
  const time = value >> 74n;
  const a = (value >> 62n) & 0xfffn;
  const b = value & ((1n << 62n) - 1n);
  const digits = ((time << 80n) | (7n << 76n) | (a << 64n) | (2n << 62n) | b).toString(16).padStart(32, "0");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
