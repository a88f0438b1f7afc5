import type { Api } from "./api";
import type { Poke } from "./protocol";

/** The server writes a comment every 15 s; a connection that is silent for this long (ms) is dead. */
const SILENCE_MS = 40_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

export interface Listening {
  onPoke(poke: Poke): void;
  /** A connection is open: what was missed meanwhile is to be pulled. */
  onOpen(): void;
  /** Bytes came: the server is there. */
  onByte(): void;
}

/** Keeps one connection to `GET /events` open until the signal ends it. Pokes carry no content, so nothing is lost here. */
export async function listen(api: Api, to: Listening, signal: AbortSignal): Promise<void> {
  let wait = FIRST_WAIT_MS;
  while (!signal.aborted) {
    const opened = Date.now();
    await connect(api, to, signal).catch(() => undefined);
    wait = Date.now() - opened > LONGEST_WAIT_MS ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS);
    if (!signal.aborted) await pause(wait * (0.5 + Math.random() / 2), signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}

async function connect(api: Api, to: Listening, outer: AbortSignal): Promise<void> {
  const silence = new AbortController();
  let watchdog = setTimeout(() => silence.abort(), SILENCE_MS);
  const heard = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => silence.abort(), SILENCE_MS);
    to.onByte();
  };
  try {
    await read(api, to, AbortSignal.any([outer, silence.signal]), heard);
  } finally {
    clearTimeout(watchdog);
  }
}

async function read(api: Api, to: Listening, signal: AbortSignal, heard: () => void): Promise<void> {
  const response = await api.stream("/events", signal);
  to.onOpen();
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    heard();
    const lines = (rest + part.value).split(/\r\n|\n|\r/);
    rest = lines.pop() ?? "";
    for (const line of lines) tell(line, to);
  }
}

/** Our server writes one `data:` line an event; comments and anything else only show that it lives. */
function tell(line: string, to: Listening): void {
  if (!line.startsWith("data:")) return;
  try {
    to.onPoke(JSON.parse(line.slice(5)) as Poke);
  } catch {
    // Not a poke of ours; the timer pulls anyway.
  }
}
