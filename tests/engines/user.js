// A person on the tablet who never waits: three hands, each of which goes on as soon as the app says that what it did is
// saved. Runs in a build of the app that hands out its own modules (builds.py); nothing in the app is another than usual.
globalThis.person = (() => {
  const { loss, recording, replica, operation, tablet, session, status } = globalThis.insats;
  const MACHINES = ["SPELMASKIN", "SPELUTR"];
  const QUESTIONS = ["SPE05", "SPE11", "SPE12", "SPE05:note", "SPE11:note"];

  const note = (item) => console.log("noted", JSON.stringify(item));
  const evening = () => operation.operations.value.find((each) => each.date === "2018-05-25");
  const op = () => {
    const found = evening();
    if (found) return found.id;
    const { session, streams, saves, actors, own } = tablet.memory;
    const parts = [...streams.values()].map(({ stream, cursor, reset }) => [stream, cursor, reset]);
    const left = { user: session?.user.id, parts, saves, actors: actors.size, own: [...own.all()].length };
    throw new Error(`the evening is gone: ${JSON.stringify({ ...left, lost: loss.lostStore.value })}`);
  };
  const visit = () => replica.entitiesOf(operation.shared(op()), "visit")[0].id;
  const sheet = () => `checklist_${visit().slice("visit_".length)}.SPE`;
  const shown = (field) => replica.heads(replica.entity(operation.own(op()), sheet()), field);
  const serial = (text) => Number(/\d+/.exec(String(text ?? "0"))?.[0] ?? 0);

  // What the screen would show, with every trace of a change that came twice.
  const entries = () =>
    replica
      .entitiesOf(operation.shared(op()), "tally")
      .flatMap((e) => replica.heads(e, "entry").map((head) => head[1]))
      .filter((entry) => entry.visit === visit());
  const counted = (code) => entries().filter((e) => e.code === code).reduce((sum, e) => sum + e.qty, 0);
  const photos = () => replica.entitiesOf(operation.own(op()), "photo").filter((e) => replica.value(e, "visit") === visit());
  const captions = () => photos().map((e) => serial(replica.value(e, "caption")));
  const latest = () => Math.max(0, ...QUESTIONS.flatMap((field) => shown(field).map((head) => serial(head[1]))));

  const meta = (db, key) => db.get("meta", key);

  let isTired = false;
  let hands = [];

  async function hand(act) {
    while (!isTired) {
      try {
        await act();
      } catch (error) {
        note({ refused: String(error?.code ?? error) });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  function counting() {
    let turn = 0;
    return async () => {
      const code = MACHINES[turn++ % MACHINES.length];
      await recording.tap(op(), visit(), "seizure", code, "ST", 1);
      note({ count: code, qty: counted(code) });
    };
  }

  function answering() {
    let last = latest();
    return async () => {
      const field = QUESTIONS[(last + 1) % QUESTIONS.length];
      await answer(field, `svar ${last + 1}`);
      last += 1;
      note({ answer: field, serial: last });
    };
  }

  function answer(field, text) {
    const stream = operation.own(op());
    const births = replica.entity(stream, sheet())
      ? []
      : Object.entries({ visit: visit(), template: "SPE@1", status: "UTK" }).map(([f, v]) => ({ e: sheet(), f, v, seen: [] }));
    return recording.record(stream, [...births, { e: sheet(), f: field, v: text, seen: shown(field) }]);
  }

  function photographing(pauseMs, side) {
    let last = Math.max(0, ...captions());
    return async () => {
      await recording.addPhoto(op(), visit(), await picture(side), { caption: `bild ${last + 1}` });
      last += 1;
      note({ photo: last });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    };
  }

  // Noise does not compress: some tens of kilobytes at 160 pixels, megabytes at 1600, and no two alike.
  async function picture(side) {
    const canvas = new OffscreenCanvas(side, side);
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(side, side);
    const bytes = new Uint8Array(pixels.data.buffer);
    for (let at = 0; at < bytes.length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
    for (let at = 3; at < bytes.length; at += 4) bytes[at] = 255;
    context.putImageData(pixels, 0, 0);
    return canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
  }

  // Whether the bytes of a photo lie on the tablet as they were delivered; true as well once a backup has let them go.
  async function isWhole(e) {
    const { db } = tablet.running().tablet;
    for (const which of ["blob", "thumb"]) {
      const reference = replica.value(e, which);
      if (!reference) continue;
      const row = await db.get("photos", reference.sha256);
      if (!row) return false;
      if (row.dropped) continue;
      const range = IDBKeyRange.bound([row.sha256], [row.sha256, []]);
      const chunks = await db.getAll("chunks", range);
      if (!chunks.every((chunk) => chunk instanceof ArrayBuffer)) return false;
      const digest = await crypto.subtle.digest("SHA-256", await new Blob(chunks).arrayBuffer());
      const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      if (hex !== row.sha256) return false;
    }
    return true;
  }

  return {
    isReady: () => tablet.isRunning() && (tablet.memory.session === null || operation.operations.value.length > 0),

    async enrol(code, label) {
      localStorage.setItem("insats.window", "1");
      await session.enrol(code, label);
      await status.syncNow();
      while (!operation.operations.value.some((each) => each.date === "2018-05-25")) await status.syncNow();
      return visit();
    },

    show: (section) => {
      location.hash = `#/visit/${visit()}/${section}`;
    },

    run(photoPauseMs = 60, side = 160) {
      isTired = false;
      hands = [counting(), answering(), photographing(photoPauseMs, side)].map(hand);
    },

    // Resolves when what was under way has come to its end.
    async stop() {
      isTired = true;
      await Promise.all(hands);
    },

    async count(code, times) {
      for (let i = 0; i < times; i++) await recording.tap(op(), visit(), "seizure", code, "ST", 1);
      return counted(code);
    },

    async look(photosFrom = 0) {
      const { db } = tablet.running().tablet;
      const all = photos();
      const recent = all.filter((e) => serial(replica.value(e, "caption")) > photosFrom);
      const broken = [];
      for (const e of recent) if (!(await isWhole(e))) broken.push(serial(replica.value(e, "caption")));
      return {
        saves: (await meta(db, "saves")) ?? 0,
        counts: Object.fromEntries(MACHINES.map((code) => [code, counted(code)])),
        answers: Object.fromEntries(QUESTIONS.map((field) => [field, shown(field).map((head) => serial(head[1]))])),
        photos: captions().sort((a, b) => a - b),
        photosCounted: counted("FOTO"),
        broken,
        entries: entries().length,
        unsent: status.status.value.unsentChanges + status.status.value.unsentPhotos,
        rejected: status.status.value.rejected.length + status.status.value.held.length,
        full: tablet.memory.isFull,
        elapsed: Math.round(performance.now()),
      };
    },

    async sync() {
      await status.syncNow();
      const { unsentChanges, unsentPhotos, problem } = status.status.value;
      return { changes: unsentChanges, photos: unsentPhotos, problem };
    },

    digests: () => Object.fromEntries(replica.streams().map((stream) => [stream, replica.replicaDigest(stream)])),
    picture,
    op,
    visit,
    answer,
    counted,
  };
})();
